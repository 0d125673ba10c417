// From the bytes of a call to a message, with errors that a client can act on. Left to itself gRPC
// answers a request that does not parse, one bad byte in a string included, with an empty
// UNIMPLEMENTED.
#ifndef BATON_ROUTER_API_REQUEST_PARSING_H_
#define BATON_ROUTER_API_REQUEST_PARSING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace baton {

// Parses `bytes` into `message`. INVALID_ARGUMENT: with BadRequest naming the field and the byte's
// offset in it when a `string` is not well-formed UTF-8 (fields that a later occurrence overrides
// included), without when the bytes are not a message of that type. On success every string in
// `message` is UTF-8.
absl::Status ParseRequest(absl::string_view bytes, google::protobuf::Message* message);

}  // namespace baton

#endif  // BATON_ROUTER_API_REQUEST_PARSING_H_
