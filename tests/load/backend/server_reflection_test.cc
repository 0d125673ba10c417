#include "tests/load/backend/server_reflection.h"

#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fake/generate.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "reflection/server_reflection.pb.h"
#include "tests/load/backend/dynamic_method.h"

namespace baton {
namespace {

using google::protobuf::FileDescriptor;
using reflection::ReflectionRequest;
using reflection::ReflectionResponse;

constexpr char kAlpha[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
constexpr char kV1[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

// Answers each question with what stands for it, and anything else with an error.
struct Script {
  std::string method = kAlpha;  // the only one that it has
  // By service or file name; several FileDescriptorProtos.
  std::map<std::string, std::vector<std::string>> files;
  bool hang_up = false;  // ends the call, with OK, in place of any answer
  bool silent = false;   // never answers

  ReflectionResponse Answer(const ReflectionRequest& request) const {
    ReflectionResponse response;
    if (!request.list_services().empty()) {
      response.mutable_list_services_response()->add_service()->set_name("fake.Generator");
      response.mutable_list_services_response()->add_service()->set_name("fake.Other");
      return response;
    }
    const auto found = files.find(absl::StrCat(request.file_containing_symbol(),  // one of both
                                               request.file_by_filename()));
    if (found == files.end()) {
      response.mutable_error_response()->set_error_message("never heard of it");
      return response;
    }
    for (const std::string& file : found->second) {
      response.mutable_file_descriptor_response()->add_file_descriptor_proto(file);
    }
    return response;
  }
};

class Conversation : public grpc::ServerGenericBidiReactor {
 public:
  explicit Conversation(const Script* script) : script_(script) { StartRead(&in_); }
  void OnReadDone(bool ok) override {
    if (!ok || script_->hang_up) return Finish(grpc::Status::OK);
    if (script_->silent) return;
    ReflectionRequest request;
    grpc::SerializationTraits<ReflectionRequest>::Deserialize(&in_, &request);
    out_.Clear();
    bool own;
    grpc::SerializationTraits<ReflectionResponse>::Serialize(script_->Answer(request), &out_, &own);
    StartWrite(&out_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&in_);
    if (!ok) Finish(grpc::Status::OK);
  }
  void OnCancel() override {
    if (script_->silent) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  const Script* const script_;
  grpc::ByteBuffer in_, out_;
};

class ScriptedService : public grpc::CallbackGenericService {
 public:
  explicit ScriptedService(const Script* script) : script_(script) {}
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    if (context->method() != script_->method) return CallbackGenericService::CreateReactor(context);
    return new Conversation(script_);
  }

 private:
  const Script* const script_;
};

std::string Bytes(const FileDescriptor* file) {
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  return proto.SerializeAsString();
}

class ReflectServiceTest : public testing::Test {
 protected:
  ReflectServiceTest() {
    script_.files["fake.Generator"] = {main_, usage_};
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    channel_ =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }

  void ExpectContract() {
    const auto files = ReflectService(channel_, "fake.Generator", absl::Seconds(30));
    ASSERT_TRUE(files.ok()) << files.status();
    ASSERT_EQ(files->file_size(), 2);
    EXPECT_EQ(files->file(0).name(), "fake/usage.proto");
    EXPECT_EQ(files->file(1).name(), "fake/generate.proto");
    EXPECT_TRUE(DynamicMethod::Create(*files, {"fake.Generator", "Generate"}).ok());
  }

  absl::Status Error(const std::string& service = "fake.Generator",
                     absl::Duration timeout = absl::Seconds(30)) {
    return ReflectService(channel_, service, timeout).status();
  }

  const std::string main_ = Bytes(fake::GenerateRequest::descriptor()->file());
  const std::string usage_ = Bytes(fake::Usage::descriptor()->file());
  Script script_;
  ScriptedService service_{&script_};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ReflectServiceTest, ImportsComeFirst) { ExpectContract(); }

TEST_F(ReflectServiceTest, AsksForImportsThatWereNotSent) {
  script_.files["fake.Generator"] = {main_};
  script_.files["fake/usage.proto"] = {usage_};
  ExpectContract();
}

TEST_F(ReflectServiceTest, SpeaksV1WithAServerThatHasOnlyThat) {
  script_.method = kV1;
  ExpectContract();
}

TEST_F(ReflectServiceTest, WithoutReflectionItIsUnimplemented) {
  script_.method = "";
  EXPECT_EQ(Error().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Error().message(),
            "the server has no reflection service; name the .proto file of its contract instead");
}

TEST_F(ReflectServiceTest, AnUnknownServiceNamesThoseThatThereAre) {
  const absl::Status status = Error("fake.Generato");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            "the server has no service fake.Generato; it has fake.Generator, fake.Other");
}

TEST_F(ReflectServiceTest, AnswersThatMakeNoSenseAreDataLoss) {
  script_.files["fake.Generator"] = {main_};  // and its import nowhere
  EXPECT_EQ(Error().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Error().message(),
            "the server's reflection does not have fake/usage.proto, which its files import: never "
            "heard of it");
  script_.files["fake/usage.proto"] = {};
  EXPECT_EQ(Error().code(), absl::StatusCode::kDataLoss);
  script_.files["fake.Generator"] = {"\xff"};
  EXPECT_EQ(Error().code(), absl::StatusCode::kDataLoss);
  script_.hang_up = true;
  EXPECT_EQ(Error().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ReflectServiceTest, FilesThatImportEachOtherEnd) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("loop.proto");
  file.add_dependency("loop.proto");
  script_.files["fake.Generator"] = {file.SerializeAsString()};
  const auto files = ReflectService(channel_, "fake.Generator", absl::Seconds(30));
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_FALSE(DynamicMethod::Create(*files, {"fake.Generator", "Generate"}).ok());
}

TEST_F(ReflectServiceTest, NoAnswerIsDeadlineExceeded) {
  script_.silent = true;
  EXPECT_EQ(Error("fake.Generator", absl::Milliseconds(100)).code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ReflectServiceTest, NoServerIsUnavailable) {
  channel_ = grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials());
  EXPECT_EQ(Error().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace baton
