// Compiles only where our declarations of NCCL agree with the real header. Compiled by
// nccl_api_test.sh, and linked into nothing.
#include <nccl.h>

#include <cstddef>
#include <type_traits>

#include "worker/comm/nccl_api.h"
#include "worker/comm/nccl_library.h"

namespace nccl = baton::nccl;

static_assert(sizeof(nccl::UniqueId) == sizeof(ncclUniqueId));
static_assert(alignof(nccl::UniqueId) == alignof(ncclUniqueId));
static_assert(sizeof(nccl::Comm) == sizeof(ncclComm_t));
static_assert(sizeof(nccl::CudaStream) == sizeof(cudaStream_t));
static_assert(sizeof(nccl::Result) == sizeof(ncclResult_t));
static_assert(sizeof(nccl::DataType) == sizeof(ncclDataType_t));

#define SAME_VALUE(ours, theirs) static_assert(static_cast<int>(ours) == static_cast<int>(theirs))
SAME_VALUE(nccl::kSuccess, ncclSuccess);
SAME_VALUE(nccl::kUnhandledCudaError, ncclUnhandledCudaError);
SAME_VALUE(nccl::kSystemError, ncclSystemError);
SAME_VALUE(nccl::kInternalError, ncclInternalError);
SAME_VALUE(nccl::kInvalidArgument, ncclInvalidArgument);
SAME_VALUE(nccl::kInvalidUsage, ncclInvalidUsage);
SAME_VALUE(nccl::kRemoteError, ncclRemoteError);
SAME_VALUE(nccl::kInProgress, ncclInProgress);
SAME_VALUE(nccl::kUint8, ncclUint8);
SAME_VALUE(nccl::kFloat32, ncclFloat32);
SAME_VALUE(nccl::kUndefined, NCCL_CONFIG_UNDEF_INT);
SAME_VALUE(nccl::VersionCode(NCCL_MAJOR, NCCL_MINOR, NCCL_PATCH), NCCL_VERSION_CODE);

// Ours is the beginning of theirs.
static_assert(sizeof(nccl::Config) <= sizeof(ncclConfig_t));
#define SAME_FIELD(ours, theirs)                                                  \
  static_assert(offsetof(nccl::Config, ours) == offsetof(ncclConfig_t, theirs) && \
                std::is_same_v<decltype(nccl::Config::ours), decltype(ncclConfig_t::theirs)>)
SAME_FIELD(size, size);
SAME_FIELD(magic, magic);
SAME_FIELD(version, version);
SAME_FIELD(blocking, blocking);
SAME_FIELD(cga_cluster_size, cgaClusterSize);
SAME_FIELD(min_ctas, minCTAs);
SAME_FIELD(max_ctas, maxCTAs);
SAME_FIELD(net_name, netName);
SAME_FIELD(split_share, splitShare);

constexpr ncclConfig_t kTheirs = NCCL_CONFIG_INITIALIZER;
constexpr nccl::Config kOurs;
static_assert(kOurs.magic == kTheirs.magic);
static_assert(kOurs.version <= kTheirs.version);
static_assert(kOurs.blocking == kTheirs.blocking && kOurs.split_share == kTheirs.splitShare);

// How our types stand for theirs.
template <typename T>
struct TheirsOf {
  using Type = T;
};
template <typename T>
using Theirs = typename TheirsOf<T>::Type;
template <typename T>
struct TheirsOf<T*> {
  using Type = Theirs<T>*;
};
#define STANDS_FOR(ours, theirs) \
  template <>                    \
  struct TheirsOf<ours> {        \
    using Type = theirs;         \
  }
STANDS_FOR(nccl::Comm, ncclComm_t);
STANDS_FOR(nccl::Result, ncclResult_t);
STANDS_FOR(nccl::DataType, ncclDataType_t);
STANDS_FOR(nccl::UniqueId, ncclUniqueId);
STANDS_FOR(nccl::Config, ncclConfig_t);
#if NCCL_VERSION_CODE >= 22700
STANDS_FOR(nccl::Window, ncclWindow_t);
#endif

// A stream and any other memory are both void* in our table.
template <typename Ours, typename Real>
constexpr bool kSameParameter = std::is_same_v<Theirs<Ours>, Real> ||
                                (std::is_same_v<Ours, nccl::CudaStream> &&
                                 std::is_same_v<Real, cudaStream_t>);

template <typename Ours, typename Real>
struct SameFunction : std::false_type {};
template <typename OurResult, typename... Ours, typename RealResult, typename... Real>
struct SameFunction<OurResult (*)(Ours...), RealResult(Real...)>
    : std::bool_constant<std::is_same_v<Theirs<OurResult>, RealResult> &&
                         (kSameParameter<Ours, Real> && ...)> {};

#define CHECK_FUNCTION(name, result, parameters)                                    \
  static_assert(SameFunction<decltype(baton::NcclLibrary::Functions::name),         \
                             std::remove_reference_t<decltype(nccl##name)>>::value, \
                #name);
BATON_NCCL_REQUIRED_FUNCTIONS(CHECK_FUNCTION)
#if NCCL_VERSION_CODE >= 22700
BATON_NCCL_OPTIONAL_FUNCTIONS(CHECK_FUNCTION)
#endif
