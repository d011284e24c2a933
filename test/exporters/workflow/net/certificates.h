// Certificates made while a test runs: a root that signs, and servers that are good, expired, self-signed or somebody else.
//
//   const CertificateMaker maker;                                     // its root is in maker.root_file()
//   ServerIdentity good = maker.server({.names = {"DNS:localhost", "IP:127.0.0.1"}});
//   ServerIdentity old = maker.server({.days_from = -20, .days_until = -10});
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/collector_test.h"

struct ssl_ctx_st;

namespace finwatch::test {

struct Wanted {
  std::string name = "localhost";
  std::vector<std::string> names = {"DNS:localhost", "IP:127.0.0.1"};
  int days_from = -1;
  int days_until = 90;
  bool self_signed = false;
  bool ask_for_certificate = false;  // the server demands one of its clients, signed by the root
  int most_tls = 0;                  // TLS1_2_VERSION and so on; 0 for what OpenSSL knows
};

class ServerIdentity {
 public:
  ServerIdentity(std::shared_ptr<ssl_ctx_st> context, std::string pem) : context_(std::move(context)), pem_(std::move(pem)) {}
  ssl_ctx_st* context() const { return context_.get(); }
  const std::string& pem_file() const { return pem_; }  // certificate and key

 private:
  std::shared_ptr<ssl_ctx_st> context_;
  std::string pem_;
};

class CertificateMaker {
 public:
  CertificateMaker();
  ServerIdentity server(const Wanted& wanted = {}) const;
  const std::string& root_file() const { return root_file_; }

 private:
  struct Body;
  TemporaryTree tree_;
  std::string root_file_;
  std::shared_ptr<Body> body_;
};

}  // namespace finwatch::test
