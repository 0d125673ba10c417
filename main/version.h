// The version that `baton --version` prints and a router reports.
#ifndef BATON_MAIN_VERSION_H_
#define BATON_MAIN_VERSION_H_

namespace baton {

constexpr char kVersion[] = "0.1.0";

}  // namespace baton

#endif  // BATON_MAIN_VERSION_H_
