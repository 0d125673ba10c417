"""Protocol Buffers and gRPC through Debian's protoc and grpc_cpp_plugin."""

def baton_cc_proto(name, src, root = "proto", grpc = False, deps = [], visibility = None):
    """A cc_library of the code that protoc makes of one .proto file.

    Args:
      name: the library's name.
      src: the .proto file, in the calling package.
      root: the folder that imports and includes are relative to.
      grpc: whether to run grpc_cpp_plugin too.
      deps: the baton_cc_proto libraries of the imported files.
      visibility: as for every rule.
    """
    base = src[:-len(".proto")]
    outs = [base + ".pb.h", base + ".pb.cc"]
    cmd = "protoc -I" + root + " --cpp_out=$(GENDIR)/" + root + " $(location " + src + ")"
    if grpc:
        outs += [base + ".grpc.pb.h", base + ".grpc.pb.cc"]
        cmd += " && protoc -I" + root + " --grpc_out=$(GENDIR)/" + root + \
               " --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin $(location " + src + ")"
    native.genrule(
        name = name + "_gen",
        srcs = [src] + [d + "_src" for d in deps],
        outs = outs,
        cmd = cmd,
    )
    native.filegroup(
        name = name + "_src",
        srcs = [src] + [d + "_src" for d in deps],
        visibility = visibility,
    )
    native.cc_library(
        name = name,
        srcs = [o for o in outs if o.endswith(".cc")],
        hdrs = [o for o in outs if o.endswith(".h")],
        copts = ["-w"],
        strip_include_prefix = "/" + root,
        visibility = visibility,
        deps = deps + ["//third_party:grpc" if grpc else "//third_party:protobuf"],
    )
