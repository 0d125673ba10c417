#include "tests/load/report/request_lines.h"

#include <string>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

Json Times(const ServerTimes& times) {
  Json json = Json::object();
  const auto add = [&](const char* name, const absl::optional<absl::Duration>& time) {
    if (time) json[name] = absl::ToDoubleMilliseconds(*time);
  };
  add("queued_ms", times.queued);
  add("prefill_ms", times.prefill);
  add("decode_ms", times.decode);
  add("first_token_ms", times.first_token);
  return json;
}

Json Line(const RequestRecord& record, absl::Time start) {
  const auto seconds = [&](absl::Time at) { return absl::ToDoubleSeconds(at - start); };
  Json json = {{"index", record.index}};
  if (record.conversation != 0 || record.turn != 0) {
    json["conversation"] = record.conversation;
    json["turn"] = record.turn;
  }
  if (record.scheduled) json["scheduled_s"] = seconds(*record.scheduled);
  json["sent_s"] = seconds(record.sent);
  if (record.accepted) json["accepted_s"] = seconds(*record.accepted);
  json["end_s"] = seconds(record.end);
  json["outcome"] = std::string(RequestOutcomeName(record.outcome));
  json["code"] = record.code;
  if (!record.reason.empty()) json["reason"] = record.reason;
  if (!record.message.empty()) json["message"] = record.message;
  if (!record.finish.empty()) json["finish"] = record.finish;
  if (record.retry_after) {
    json["retry_after_ms"] = absl::ToDoubleMilliseconds(*record.retry_after);
  }
  json["prompt_tokens"] = record.prompt_tokens;
  json["prompt_tokens_reported"] = record.prompt_tokens_reported;
  json["output_tokens"] = record.output_tokens;
  json["chunk_tokens_estimated"] = record.chunk_tokens_estimated;
  json["cached_tokens"] = record.cached_tokens;
  Json server = Times(record.server);
  if (!server.empty()) json["server"] = std::move(server);
  if (!record.group.empty()) json["group"] = record.group;
  if (!record.numerics_class.empty()) json["numerics_class"] = record.numerics_class;
  json["answer_digest"] = absl::StrFormat("%016x", record.answer_digest);
  if (!record.text.empty()) json["text"] = record.text;
  Json& chunks = json["chunks"] = Json::array();
  for (const OutputChunk& chunk : record.chunks) {
    chunks.push_back(Json::array({chunk.at_us, chunk.tokens}));
  }
  return json;
}

}  // namespace

void WriteRequestLines(const LoadRunResult& run, std::ostream& out) {
  for (const RequestRecord& record : run.records) {
    out << Line(record, run.start).dump(-1, ' ', true, Json::error_handler_t::replace) << "\n";
  }
}

}  // namespace baton
