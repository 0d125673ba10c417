#include "kernels/cuda/device_code.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/row_forms.h"
#include "kernels/cuda/rows.h"
#include "kernels/cuda/weight_layout.h"
#include "kernels/cuda/weight_values.h"

namespace baton {
namespace {

constexpr int kThreads = 256;

BATON_DEVICE void ZeroRest(const RowForms& out, int64_t row, int64_t cols) {
  for (int64_t i = cols + threadIdx.x; i < out.stride; i += kThreads) {
    if (out.bf16 != nullptr) out.bf16[row * out.stride + i] = 0;
    if (out.f16 != nullptr) out.f16[row * out.stride + i] = 0;
  }
}

// The 256 lanes' sum, in every thread.
BATON_DEVICE float FoldLanes(float lane) {
  float* const shared = reinterpret_cast<float*>(SharedMemory());
  const int j = static_cast<int>(threadIdx.x);
  shared[j] = lane;
#pragma unroll
  for (int half = kThreads / 2; half >= 32; half /= 2) {
    __syncthreads();
    if (j < half) shared[j] = Add(shared[j], shared[j + half]);
  }
  __syncthreads();
  float sum = shared[j % 32];
#pragma unroll
  for (int half = 16; half >= 1; half /= 2) sum = Add(sum, ShuffleDown(sum, half));
  __syncthreads();
  if (j == 0) shared[0] = sum;
  __syncthreads();
  return shared[0];
}

__global__ void __launch_bounds__(kThreads) Embedding(const __grid_constant__ EmbeddingArgs args) {
  const int64_t token = blockIdx.x;
  const int64_t row = int64_t{args.ids[token]} - args.first_id;
  const CudaWeightLayout layout = {args.dtype, args.rows, args.cols};
  for (int64_t i = threadIdx.x; i < args.cols; i += kThreads) {
    args.out[token * args.cols + i] =
        row < 0 || row >= args.rows ? 0.0f : LoadElement(layout, args.table, row, i);
  }
}

__global__ void __launch_bounds__(kThreads) AddRmsNorm(const __grid_constant__ NormArgs args) {
  const int64_t row = blockIdx.x;
  float* const residual = args.residual + row * args.cols;
  float lane = 0.0f;
  for (int64_t i = threadIdx.x; i < args.cols; i += kThreads) {
    float x = residual[i];
    if (args.delta != nullptr) {
      x = Add(x, args.delta[row * args.cols + i]);
      residual[i] = x;
    }
    lane = Fma(x, x, lane);
  }
  const float mean = Div(FoldLanes(lane), static_cast<float>(args.cols));
  const float inverse = Div(1.0f, Sqrt(Add(mean, args.epsilon)));
  for (int64_t i = threadIdx.x; i < args.cols; i += kThreads)
    StoreForms(args.out, row, args.cols, i, Mul(Mul(residual[i], inverse), args.weight[i]));
  ZeroRest(args.out, row, args.cols);
}

__global__ void __launch_bounds__(kThreads) SiluMul(const __grid_constant__ SiluArgs args) {
  const int64_t row = blockIdx.x;
  const float* const gate = args.gate_up + row * 2 * args.cols;
  for (int64_t i = threadIdx.x; i < args.cols; i += kThreads) {
    const float g = gate[i], u = gate[args.cols + i];
    StoreForms(args.out, row, args.cols, i, Mul(Div(g, Add(1.0f, ExpF32(-g))), u));
  }
  ZeroRest(args.out, row, args.cols);
}

__global__ void __launch_bounds__(kThreads) AddTo(const __grid_constant__ AddArgs args) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i < args.count) args.to[i] = Add(args.to[i], args.from[i]);
}

__global__ void __launch_bounds__(kThreads) GatherRows(const __grid_constant__ GatherArgs args) {
  const int64_t row = blockIdx.x, from = args.indices[row];
  for (int64_t i = threadIdx.x; i < args.cols; i += kThreads)
    args.out[row * args.cols + i] = args.from[from * args.cols + i];
}

// One element of a head, rotated.
BATON_DEVICE float Rotated(const RopeArgs& args, const float* head, int64_t i, int64_t position) {
  if (i >= args.rope_dim) return head[i];
  const int64_t half = args.rope_dim / 2;
  const int64_t pair = args.interleaved ? i / 2 : i % half;
  const bool second = args.interleaved ? i % 2 == 1 : i >= half;
  const float x0 = head[args.interleaved ? 2 * pair : pair];
  const float x1 = head[args.interleaved ? 2 * pair + 1 : pair + half];
  const float cos = args.cos[position * half + pair], sin = args.sin[position * half + pair];
  return second ? Add(Mul(x0, sin), Mul(x1, cos)) : Add(Mul(x0, cos), -Mul(x1, sin));
}

BATON_DEVICE uint16_t Saturated(uint16_t f16) {
  return (f16 & 0x7fff) == 0x7c00 ? static_cast<uint16_t>(f16 - 1) : f16;
}

__global__ void __launch_bounds__(kThreads) RopeKvWrite(const __grid_constant__ RopeArgs args) {
  const int64_t token = blockIdx.x, head_dim = args.head_dim;
  const int64_t position = args.positions[token], slot = args.slot_mapping[token];
  const int64_t q_width = args.num_heads * head_dim, kv_width = args.num_kv_heads * head_dim;
  const float* const qkv = args.qkv + token * args.qkv_stride;
  for (int64_t e = threadIdx.x; e < q_width + 2 * kv_width; e += kThreads) {
    const int64_t i = e % head_dim;
    if (e < q_width) {
      const float x = Mul(Rotated(args, qkv + e - i, i, position), args.q_scale);
      args.q[token * q_width + e] = F32ToF16(x);
      continue;
    }
    const bool is_value = e >= q_width + kv_width;
    const int64_t head = (e - q_width - (is_value ? kv_width : 0)) / head_dim;
    const int64_t to = ((slot / args.block_size * args.num_kv_heads + head) * args.block_size +
                        slot % args.block_size) *
                           head_dim +
                       i;
    const float x = is_value ? qkv[e] : Rotated(args, qkv + e - i, i, position);
    (is_value ? args.values : args.keys)[to] = Saturated(F32ToF16(x));
  }
}

template <typename Args>
cudaError_t LaunchRows(void (*kernel)(Args), cudaStream_t stream, const Args& args, int64_t rows,
                       size_t shared_bytes = 0) {
  if (rows < 0 || rows > 0x7fffffff) return cudaErrorInvalidValue;
  if (rows == 0) return cudaSuccess;
  return LaunchKernel(kernel, dim3(static_cast<unsigned>(rows)), dim3(kThreads), shared_bytes,
                      stream, args);
}

bool IsValid(const RowForms& out, int64_t cols) {
  return (out.bf16 == nullptr && out.f16 == nullptr) || out.stride == RowStride(cols);
}

}  // namespace

cudaError_t LaunchEmbedding(cudaStream_t stream, const EmbeddingArgs& args) {
  if (args.rows < 1 || args.cols < 1 || args.cols % BlockElements(args.dtype) != 0)
    return cudaErrorInvalidValue;
  return LaunchRows(Embedding, stream, args, args.tokens);
}

cudaError_t LaunchAddRmsNorm(cudaStream_t stream, const NormArgs& args) {
  if (args.cols < 1 || !IsValid(args.out, args.cols)) return cudaErrorInvalidValue;
  return LaunchRows(AddRmsNorm, stream, args, args.rows, kThreads * sizeof(float));
}

cudaError_t LaunchSiluMul(cudaStream_t stream, const SiluArgs& args) {
  if (args.cols < 1 || !IsValid(args.out, args.cols)) return cudaErrorInvalidValue;
  return LaunchRows(SiluMul, stream, args, args.rows);
}

cudaError_t LaunchAdd(cudaStream_t stream, const AddArgs& args) {
  if (args.count < 0) return cudaErrorInvalidValue;
  return LaunchRows(AddTo, stream, args, (args.count + kThreads - 1) / kThreads);
}

cudaError_t LaunchGatherRows(cudaStream_t stream, const GatherArgs& args) {
  if (args.cols < 1) return cudaErrorInvalidValue;
  return LaunchRows(GatherRows, stream, args, args.rows);
}

cudaError_t LaunchRopeKvWrite(cudaStream_t stream, const RopeArgs& args) {
  if (args.head_dim < 1 || args.rope_dim < 0 || args.rope_dim % 2 != 0 ||
      args.rope_dim > args.head_dim || args.block_size < 1 || args.num_kv_heads < 1 ||
      args.num_heads < 1 || args.num_heads % args.num_kv_heads != 0) {
    return cudaErrorInvalidValue;
  }
  return LaunchRows(RopeKvWrite, stream, args, args.tokens);
}

}  // namespace baton
