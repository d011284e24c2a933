// One SSL_CTX for many connections. OpenSSL 3 takes 0.25 ms to make one, a third of what a resumed probe costs, and libcurl makes one for every
// connection with no way to hand it another. So this program has an SSL_CTX_new of its own, which libcurl finds before OpenSSL's: where a
// context is lent to the thread it is that one again, and OpenSSL's own everywhere else.
//
//   TlsContext context;
//   {
//     const TlsContext::Lent lent(context);
//     curl_multi_socket_action(…);                     // its connections share `context`
//   }
//
// What an SSL needs of its context it copies when it is made, and it is made right after its context was set up: so each connection
// still has its own settings. Only a certificate of ours cannot be taken off again: who loads one calls keep_no_longer() before.
#pragma once

#include <cstdint>

struct ssl_ctx_st;
struct ssl_method_st;

namespace finwatch::workflow {

class TlsContext {
 public:
  TlsContext() = default;
  ~TlsContext() { keep_no_longer(); }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// The next connection gets a new one. Those that have the old one keep it.
  void keep_no_longer();
  /// How many were made so far.
  std::uint64_t made() const { return made_; }

  /// Lends it to this thread while it lives.
  class Lent {
   public:
    explicit Lent(TlsContext& context);
    ~Lent();
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    TlsContext* before_;
  };

  /// What SSL_CTX_new answers: with a reference of the caller's own; nullptr when OpenSSL can make none.
  ssl_ctx_st* take(const ssl_method_st* method);

 private:
  ssl_ctx_st* context_ = nullptr;
  int security_level_ = 0;  // as the system sets it
  std::uint64_t made_ = 0;
};

}  // namespace finwatch::workflow
