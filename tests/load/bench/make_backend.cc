#include "tests/load/bench/make_backend.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "nlohmann/json.hpp"
#include "tests/load/backend/baton_backend.h"
#include "tests/load/backend/grpc_backend.h"
#include "tests/load/backend/openai_backend.h"

namespace baton {
namespace {

bool IsHttp(const TargetOptions& target) { return absl::StartsWith(target.backend, "openai"); }

std::string BaseUrl(const TargetOptions& target) {
  if (!target.base_url.empty()) return std::string(absl::StripSuffix(target.base_url, "/"));
  const bool v6 = absl::StrContains(target.host, ':') && !absl::StartsWith(target.host, "[");
  return absl::StrCat("http://", v6 ? "[" : "", target.host, v6 ? "]" : "", ":", target.port);
}

OpenAiEndpoint Endpoint(const TargetOptions& target) {
  return target.backend == "openai" ? OpenAiEndpoint::kCompletions : OpenAiEndpoint::kChat;
}

std::string Path(const TargetOptions& target) {
  return target.endpoint.empty() ? DefaultOpenAiPath(Endpoint(target)) : target.endpoint;
}

absl::Status CheckHeaders(const std::vector<std::string>& headers) {
  for (const std::string& header : headers) {
    if (!absl::StrContains(header, '=') || header[0] == '=') {
      return absl::InvalidArgumentError(
          absl::StrCat("--header: \"", header, "\" is no header; expected KEY=VALUE"));
    }
  }
  return absl::OkStatus();
}

// gRPC ends the process over what it can not send
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Custom-Metadata).
absl::Status CheckMetadataHeader(const std::string& header) {
  const std::pair<std::string, std::string> pair = absl::StrSplit(header, absl::MaxSplits('=', 1));
  const std::string key = absl::AsciiStrToLower(pair.first);
  const bool good_key =
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") == std::string::npos &&
      !absl::StartsWith(key, "grpc-");
  const bool good_value = absl::c_all_of(pair.second, [](char c) { return c >= ' ' && c <= '~'; });
  if (good_key && good_value) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--header: \"", header,
                   "\" can not be gRPC metadata; expected letters, digits, _ - . before "
                   "the =, no \"grpc-\", and printable ASCII after it"));
}

// gRPC's keys have small letters.
std::map<std::string, std::string> Metadata(const std::vector<std::string>& headers) {
  std::map<std::string, std::string> metadata;
  for (const std::string& header : headers) {
    const std::pair<std::string, std::string> pair =
        absl::StrSplit(header, absl::MaxSplits('=', 1));
    metadata[absl::AsciiStrToLower(pair.first)] = pair.second;
  }
  return metadata;
}

GrpcTransportOptions Transport(const TargetOptions& target) {
  GrpcTransportOptions transport;
  transport.address = target.server;
  transport.channels = target.channels;
  transport.metadata = Metadata(target.headers);
  transport.tls = target.tls;
  transport.tls_ca_file = target.tls_ca_file;
  return transport;
}

absl::StatusOr<std::unique_ptr<Backend>> MakeBaton(const TargetOptions& target, bool keep_text) {
  if (target.tls) {
    return absl::InvalidArgumentError("--tls: a Baton server has none; only --backend grpc can");
  }
  BatonBackend::Options options;
  options.transport = Transport(target);
  options.model = target.model;
  options.keep_text = keep_text;
  return std::make_unique<BatonBackend>(std::move(options));
}

absl::StatusOr<std::unique_ptr<Backend>> MakeGrpc(const TargetOptions& target, bool keep_text) {
  if (target.method.empty() || target.request_json.empty()) {
    return absl::InvalidArgumentError("--backend grpc needs --method and --request-json");
  }
  if (target.proto.empty() == !target.reflection) {
    return absl::InvalidArgumentError(
        "--backend grpc needs either --proto or --reflection, to know the method's messages");
  }
  GrpcBackend::Options options;
  options.transport = Transport(target);
  options.messages.method = target.method;
  options.messages.request_json = target.request_json;
  options.messages.text_field = target.text_field;
  options.messages.token_field = target.token_field;
  options.messages.finish_field = target.finish_field;
  options.messages.output_tokens_field = target.output_tokens_field;
  options.messages.prompt_tokens_field = target.prompt_tokens_field;
  options.messages.cached_tokens_field = target.cached_tokens_field;
  options.proto_file = target.proto;
  options.proto_paths = target.proto_paths;
  options.keep_text = keep_text;
  return std::make_unique<GrpcBackend>(std::move(options));
}

absl::StatusOr<std::unique_ptr<Backend>> MakeOpenAi(const TargetOptions& target, bool keep_text) {
  OpenAiOptions options;
  options.base_url = BaseUrl(target);
  options.endpoint = Endpoint(target);
  options.path = target.endpoint;
  options.model = target.model;
  options.headers = target.headers;
  const bool own = absl::c_any_of(target.headers, [](const std::string& header) {
    return absl::StartsWithIgnoreCase(header, "authorization=");
  });
  const char* key = std::getenv("OPENAI_API_KEY");
  if (key != nullptr && !own) options.api_key = key;
  if (!target.extra_body.empty()) {
    options.extra_body =
        nlohmann::json::parse(target.extra_body, nullptr, /*allow_exceptions=*/false);
    if (!options.extra_body.is_object()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--extra-body: ", target.extra_body, " is no JSON object"));
    }
  }
  options.insecure = target.insecure;
  options.keep_text = keep_text;
  return std::make_unique<OpenAiBackend>(std::move(options));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const TargetOptions& target, bool keep_text) {
  RETURN_IF_ERROR(CheckHeaders(target.headers));
  if (IsHttp(target)) return MakeOpenAi(target, keep_text);
  if (!target.tls_ca_file.empty() && !target.tls) {
    return absl::InvalidArgumentError("--tls-ca: means nothing without --tls");
  }
  for (const std::string& header : target.headers) RETURN_IF_ERROR(CheckMetadataHeader(header));
  for (const auto& [flag, path] :
       {std::make_pair("--proto", target.proto), std::make_pair("--tls-ca", target.tls_ca_file)}) {
    if (!path.empty() && !std::ifstream(path)) {
      return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, ": can not be read"));
    }
  }
  return target.backend == "grpc" ? MakeGrpc(target, keep_text) : MakeBaton(target, keep_text);
}

std::string TargetAddress(const TargetOptions& target) {
  return IsHttp(target) ? absl::StrCat(BaseUrl(target), Path(target)) : target.server;
}

}  // namespace baton
