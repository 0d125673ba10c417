// What the binary's exit codes mean. They are part of its interface: scripts and the supervisor
// decide by them.
#ifndef BATON_MAIN_EXIT_CODE_H_
#define BATON_MAIN_EXIT_CODE_H_

#include "absl/status/status.h"

namespace baton {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,      // something failed while it ran
  kExitUsage = 2,        // bad flags
  kExitUnavailable = 3,  // the server does not answer, or can not now
  kExitRefused = 4,      // the server refused the request
  kExitBadConfig =
      78,  // router and worker: it can never work as started (sysexits' EX_CONFIG); do not restart
  kExitInterrupted = 130  // ctrl-C
};

// The same, for --help.
extern const char kExitCodeHelp[];

// For commands that talk to a server: UNAVAILABLE is kExitUnavailable; INVALID_ARGUMENT, NOT_FOUND
// and RESOURCE_EXHAUSTED are kExitRefused.
ExitCode ExitCodeForCall(const absl::Status& status);

// For router and worker: kExitBadConfig when starting again with the same flags, files and peers
// would end the same way (INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED,
// RESOURCE_EXHAUSTED, FAILED_PRECONDITION, OUT_OF_RANGE, UNIMPLEMENTED, DATA_LOSS), else
// kExitFailure.
ExitCode ExitCodeForRole(const absl::Status& status);

}  // namespace baton

#endif  // BATON_MAIN_EXIT_CODE_H_
