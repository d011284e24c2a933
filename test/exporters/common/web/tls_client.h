// A TLS client for tests: connects, shakes hands the way it is told to, and asks for one page.
#pragma once

#include <string>

#include "support/web_client.h"

namespace finwatch::test {

struct TlsAsk {
  std::string priority = "NORMAL";  // GnuTLS' words
  std::string certificate, key;     // PEM files of the client; "" for none
  std::string target = "/-/healthy";
  std::string header;  // one more header line
};

struct TlsSeen {
  bool shook_hands = false;
  std::string suite;     // the registry's name of the cipher suite
  std::string subject;   // of the server's certificate
  WebResponse response;  // code 0 when the server hung up instead
};

TlsSeen ask_tls(const std::string& address, const TlsAsk& ask = {});

}  // namespace finwatch::test
