#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <stdexcept>

#include "core/text.h"
#include "tls_client.h"

namespace finwatch::test {
namespace {

std::string subject_of(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  gnutls_x509_crt_t certificate = nullptr;
  char name[256] = "";
  std::size_t size = sizeof name;
  gnutls_x509_crt_init(&certificate);
  if (count > 0 && gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) == 0)
    gnutls_x509_crt_get_dn(certificate, name, &size);
  gnutls_x509_crt_deinit(certificate);
  return name;
}

void read_response(gnutls_session_t session, WebResponse& response) {
  std::string text;
  char piece[16384];
  while (true) {
    const ssize_t got = gnutls_record_recv(session, piece, sizeof piece);
    if (got == GNUTLS_E_INTERRUPTED || got == GNUTLS_E_AGAIN) continue;
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return;
  response.head = text.substr(0, end + 2);
  response.body = text.substr(end + 4);
  response.code = to_number<int>(std::string_view(response.head).substr(9, 3)).value_or(0);
}

}  // namespace

TlsSeen ask_tls(const std::string& address, const TlsAsk& ask) {
  TlsSeen seen;
  const WebClient connection(address);
  gnutls_session_t session = nullptr;
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT);
  gnutls_certificate_allocate_credentials(&credentials);
  if (!ask.certificate.empty() &&
      gnutls_certificate_set_x509_key_file(credentials, ask.certificate.c_str(), ask.key.c_str(), GNUTLS_X509_FMT_PEM) != 0)
    throw std::runtime_error("the test's client certificate cannot be read: " + ask.certificate);
  if (gnutls_priority_set_direct(session, ask.priority.c_str(), nullptr) != 0)
    throw std::runtime_error("the test's priority is wrong: " + ask.priority);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_transport_set_int(session, connection.socket());
  gnutls_handshake_set_timeout(session, 10'000);
  int result = 0;
  do result = gnutls_handshake(session);
  while (result < 0 && gnutls_error_is_fatal(result) == 0);
  seen.shook_hands = result == 0;
  if (seen.shook_hands) {
    seen.suite = gnutls_ciphersuite_get(session);
    seen.subject = subject_of(session);
    const std::string request = "GET " + ask.target + " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" +
                                (ask.header.empty() ? "" : ask.header + "\r\n") + "\r\n";
    gnutls_record_send(session, request.data(), request.size());
    read_response(session, seen.response);
  }
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  return seen;
}

}  // namespace finwatch::test
