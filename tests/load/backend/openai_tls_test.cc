// The HTTPS of OpenAiBackend, against a server whose certificate nobody vouches for.
#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/backend/openai_backend.h"
#include "tests/load/request/load_request.h"
#include "tests/load/request/request_record.h"

namespace baton {
namespace {

using ::testing::HasSubstr;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate SelfSigned(EVP_PKEY* key) {
  Certificate certificate(X509_new(), &X509_free);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("nobody"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

void Stream(httplib::Response& response) {
  response.set_chunked_content_provider("text/event-stream", [](size_t, httplib::DataSink& sink) {
    const std::string event =
        "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}]}\n\n";
    sink.write(event.data(), event.size());
    sink.done();
    return true;
  });
}

class OpenAiTlsTest : public testing::Test {
 protected:
  OpenAiTlsTest()
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free),
        certificate_(SelfSigned(key_.get())),
        server_(certificate_.get(), key_.get()) {
    server_.Get("/v1/models", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"data": [{"id": "m"}]})", "application/json");
    });
    server_.Post("/v1/completions",
                 [](const httplib::Request&, httplib::Response& response) { Stream(response); });
    options_.base_url = absl::StrCat("https://127.0.0.1:", server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~OpenAiTlsTest() override {
    while (!server_.is_running()) std::this_thread::yield();
    server_.stop();
    thread_.join();
  }

  Key key_;
  Certificate certificate_;
  httplib::SSLServer server_;
  OpenAiOptions options_;
  std::thread thread_;
};

TEST_F(OpenAiTlsTest, ACertificateThatNobodyVouchesFor) {
  const absl::Status status = OpenAiBackend(options_).Connect(absl::ZeroDuration()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("certificate"));
}

TEST_F(OpenAiTlsTest, IsTakenWhenAsked) {
  options_.insecure = true;
  OpenAiBackend backend(options_);
  const auto facts = backend.Connect(absl::Seconds(60));
  ASSERT_TRUE(facts.ok()) << facts.status();
  LoadRequest request;
  request.prompt = std::string("hi");
  std::promise<RequestRecord> ended;
  backend.Start(request, absl::nullopt,
                [&](RequestRecord record) { ended.set_value(std::move(record)); });
  const RequestRecord record = ended.get_future().get();
  EXPECT_EQ(record.outcome, RequestOutcome::kCompleted) << record.message;
  EXPECT_EQ(record.chunks.size(), 1u);
}

}  // namespace
}  // namespace baton
