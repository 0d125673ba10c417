// A load request as Baton's API takes it.
#ifndef BATON_TESTS_LOAD_BACKEND_BATON_REQUEST_H_
#define BATON_TESTS_LOAD_BACKEND_BATON_REQUEST_H_

#include <string>

#include "baton/v1/inference.pb.h"
#include "tests/load/request/load_request.h"

namespace baton {

v1::GenerateRequest ToGenerateRequest(const LoadRequest& request, const std::string& model);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_BATON_REQUEST_H_
