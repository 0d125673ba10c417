"""Libraries that are built twice: for the GPU with the CUDA toolkit, and for the emulator with the C++ compiler alone.

`name` is for the GPU, and manual: it needs the toolkit (--config=cuda). `name`_emulated is the same sources on the host.
"""

_EMULATOR = "//kernels/cuda/emulator:cuda_runtime"
_TOOLKIT = "@cuda//:runtime"

# sm_80 and sm_90 as machine code, and PTX for what comes after. No spilled register passes.
_NVCC = " ".join([
    "/usr/local/cuda/bin/nvcc",
    "-std=c++17 -O3 -I.",
    "-gencode arch=compute_80,code=sm_80",
    "-gencode arch=compute_90,code=sm_90",
    "-gencode arch=compute_90,code=compute_90",
    "--expt-relaxed-constexpr",
    "-Xptxas -warn-spills,-warn-lmem-usage -Werror all-warnings",
    "-Xcompiler -ffp-contract=off,-fPIC,-ffunction-sections",
])

def cuda_cc_library(name, srcs = [], hdrs = [], deps = [], cuda_deps = [], textual_hdrs = [], **kwargs):
    """A cc_library whose sources include <cuda_runtime.h>. `cuda_deps` are others of its kind."""
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        tags = ["manual"],
        deps = deps + cuda_deps + [_TOOLKIT],
        **kwargs
    )
    native.cc_library(
        name = name + "_emulated",
        srcs = srcs,
        hdrs = hdrs,
        deps = deps + [d + "_emulated" for d in cuda_deps] + [_EMULATOR],
        **kwargs
    )

def cuda_kernel_library(name, src, hdrs, kernel_hdrs, deps = [], cuda_deps = [], **kwargs):
    """The kernels of one .cu file. `kernel_hdrs` are what it includes of device code, all the way down."""
    native.genrule(
        name = name + "_object",
        srcs = [src] + hdrs + kernel_hdrs,
        outs = [name + ".o"],
        cmd = _NVCC + " -c $(location %s) -o $@" % src,
        tags = ["manual"],
    )
    native.cc_library(
        name = name,
        srcs = [name + ".o"],
        hdrs = hdrs,
        tags = ["manual"],
        deps = deps + cuda_deps + [_TOOLKIT],
        **kwargs
    )
    native.genrule(
        name = name + "_emulated_source",
        srcs = [src],
        outs = [name + "_emulated.cc"],
        cmd = "cp $< $@",
    )
    native.cc_library(
        name = name + "_emulated",
        srcs = [name + "_emulated.cc"],
        hdrs = hdrs,
        copts = ["-Wno-unknown-pragmas"],
        deps = deps + [d + "_emulated" for d in cuda_deps] + [
            ":device_code_emulated",
            _EMULATOR,
        ],
        **kwargs
    )
