// A server that generates text, as a load run sees it. One file for each kind of server.
#ifndef BATON_TESTS_LOAD_BACKEND_BACKEND_H_
#define BATON_TESTS_LOAD_BACKEND_BACKEND_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/request/load_request.h"
#include "tests/load/request/request_record.h"

namespace baton {

// What a server tells about itself; what it does not tell is empty or 0.
struct ServerFacts {
  std::string model;  // the name that requests carry
  uint32_t vocab_size = 0;
  uint32_t max_model_len = 0;                 // tokens of prompt and output together
  std::vector<std::string> numerics_classes;  // see ARCHITECTURE.md; Baton only
};

class Backend {
 public:
  using Done = std::function<void(RequestRecord)>;

  // Ends the calls that are still under way, whose `done` is called before it returns.
  virtual ~Backend() = default;

  // Connects, and waits for the server for `timeout`. To be called once, before Start. UNAVAILABLE
  // when nothing answers, naming the address; NOT_FOUND when the server does not serve the model
  // that was asked for, naming what it serves; INVALID_ARGUMENT for what can not be a server's
  // address or method. Blocks.
  virtual absl::StatusOr<ServerFacts> Connect(absl::Duration timeout) = 0;

  // INVALID_ARGUMENT for a request that this kind of server can not be asked, e.g. token ids where
  // only text can be sent.
  virtual absl::Status Check(const LoadRequest& request) const = 0;

  // Sends a request that passed Check, now, whatever becomes of others. `scheduled`: when it was to
  // be sent, in open loop. `done` is called once, from a thread of the back end's: it must not
  // block, and may call Start. Start itself may be called from any thread.
  virtual void Start(const LoadRequest& request, absl::optional<absl::Time> scheduled,
                     Done done) = 0;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_BACKEND_H_
