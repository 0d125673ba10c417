// Memory of a GPU for tests of kernels, and comparison to the bit.
#ifndef BATON_KERNELS_CUDA_TEST_SUPPORT_H_
#define BATON_KERNELS_CUDA_TEST_SUPPORT_H_

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace baton {

// The stream of a test's process.
inline cudaStream_t TestStream() {
  static const cudaStream_t stream = [] {
    cudaStream_t made = nullptr;
    cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking);
    return made;
  }();
  return stream;
}

// Values in a GPU's memory. Not one byte behind them is theirs, so that ASan finds what reads on.
template <typename T>
class DeviceVector {
 public:
  explicit DeviceVector(const std::vector<T>& values) : size_(values.size()) {
    void* memory = nullptr;
    cudaMalloc(&memory, size_ * sizeof(T));
    data_ = static_cast<T*>(memory);
    cudaMemcpyAsync(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice, TestStream());
    cudaStreamSynchronize(TestStream());
  }
  DeviceVector(size_t size, T value) : DeviceVector(std::vector<T>(size, value)) {}
  ~DeviceVector() { cudaFree(data_); }
  DeviceVector(const DeviceVector&) = delete;
  DeviceVector& operator=(const DeviceVector&) = delete;

  T* data() const { return data_; }
  // After all that was enqueued.
  std::vector<T> Read() const {
    std::vector<T> values(size_);
    cudaMemcpyAsync(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost, TestStream());
    cudaStreamSynchronize(TestStream());
    return values;
  }

 private:
  T* data_ = nullptr;
  const size_t size_;
};

// Elements whose bits differ.
template <typename T>
int64_t NumDifferent(const std::vector<T>& a, const std::vector<T>& b) {
  int64_t count = a.size() == b.size() ? 0 : INT64_MAX;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    count += std::memcmp(&a[i], &b[i], sizeof(T)) != 0;
  return count;
}

// "" where all bits are the same, else the first difference.
template <typename T>
std::string Difference(const std::vector<T>& want, const std::vector<T>& got) {
  if (want.size() != got.size()) return "sizes differ";
  for (size_t i = 0; i < want.size(); ++i) {
    if (std::memcmp(&want[i], &got[i], sizeof(T)) != 0) {
      return "element " + std::to_string(i) + " of " + std::to_string(want.size()) + ": want " +
             std::to_string(want[i]) + ", got " + std::to_string(got[i]) + "; " +
             std::to_string(NumDifferent(want, got)) + " differ";
    }
  }
  return "";
}

// Random numbers of either sign with exponents in [−spread, spread]: sums of them round at many
// places, so that another order of summing shows.
class WideNumbers {
 public:
  explicit WideNumbers(uint64_t seed) : rng_(seed) {}
  float Next(int spread) {
    const float magnitude =
        std::ldexp(1.0f + static_cast<float>(rng_() % (1u << 23)) * 0x1p-23f,
                   static_cast<int>(rng_() % static_cast<unsigned>(2 * spread + 1)) - spread);
    return rng_() % 2 == 0 ? magnitude : -magnitude;
  }
  std::vector<float> Many(int64_t count, int spread) {
    std::vector<float> numbers(static_cast<size_t>(count));
    for (float& x : numbers) x = Next(spread);
    return numbers;
  }
  std::mt19937_64& rng() { return rng_; }

 private:
  std::mt19937_64 rng_;
};

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_TEST_SUPPORT_H_
