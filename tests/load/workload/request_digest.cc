#include "tests/load/workload/request_digest.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/types/variant.h"
#include "tests/load/request/fnv1a.h"

namespace baton {
namespace {

class PromptDigest {
 public:
  void Add(uint64_t number) { digest_.AddInteger(number, 8); }
  void operator()(const std::vector<uint32_t>& ids) {
    Add(ids.size());
    for (const uint32_t id : ids) Add(id);
  }
  void operator()(const std::string& text) {
    Add(text.size());
    digest_.Add(text);
  }
  void operator()(const std::vector<ChatTurn>& turns) {
    for (const ChatTurn& turn : turns) {
      (*this)(turn.role);
      (*this)(turn.content);
    }
  }
  uint64_t value() const { return digest_.digest(); }

 private:
  Fnv1a digest_;
};

}  // namespace

uint64_t RequestDigest(const LoadRequest& request) {
  PromptDigest digest;
  for (const uint64_t number :
       {request.index, uint64_t{request.prompt_tokens}, uint64_t{request.max_tokens},
        request.conversation, uint64_t{request.turn}, uint64_t{request.prompt.index()}}) {
    digest.Add(number);
  }
  absl::visit(std::ref(digest), request.prompt);
  return digest.value();
}

uint64_t WorkloadDigest(const Workload& workload) {
  PromptDigest digest;
  for (size_t i = 0; i < workload.size(); ++i) digest.Add(RequestDigest(workload.Request(i)));
  return digest.value();
}

}  // namespace baton
