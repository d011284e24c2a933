#include "workflow/net/http_transfer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostHeaderBytes = std::size_t{256} << 10;  // of one hop
constexpr std::size_t kSmallBody = std::size_t{16} << 10;         // goes out with the headers in one piece
constexpr long kReceiveBuffer = 8L << 10;                         // a probe's answer is small, and thousands wait at once

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : std::uint32_t{0});
    for (std::size_t j = 0; j < 4; ++j) out += i + j <= text.size() ? kDigits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_header({data, size * count});
}
std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->on_body({data, size * count});
}
int ready_callback(void* self, char* /*remote*/, char* /*local*/, int /*remote_port*/, int /*local_port*/) {
  return static_cast<Transfer*>(self)->on_ready() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}
curl_socket_t open_callback(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
  return static_cast<Transfer*>(self)->on_open(*address);
}
CURLcode ssl_context_callback(CURL* /*easy*/, void* context, void* self) {
  return static_cast<Transfer*>(self)->on_ssl_context(context);
}
int progress_callback(void* self, curl_off_t, curl_off_t, curl_off_t most, curl_off_t sent) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.clock->phase() == Phase::send && most > 0 && sent >= most)
    transfer.clock->enter(Phase::processing, transfer.loop.now());
  return 0;
}

}  // namespace

Transfer::Transfer(Loop& its_loop, TlsStore& its_store, std::uint64_t& its_sockets)
    : loop(its_loop), store(its_store), sockets(its_sockets), easy(curl_easy_init()), after_sending(its_loop) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16'384L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 1L);  // what we resolved is given with each request
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &ready_callback);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_callback);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &progress_callback);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
  // Our own handshake checks the certificate, against files that are read once. Were it not called, curl would trust nobody.
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &ssl_context_callback);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

Transfer::~Transfer() { curl_easy_cleanup(easy); }

void Transfer::release() {
  after_sending.cancel();
  if (handshake) handshake->forget_listener();
  handshake.reset();
  owner = nullptr;
  hop = nullptr;
  answer = nullptr;
}

void Transfer::configure(const HttpRequest& its_request, const Url& its_url, const std::string& method, std::string_view body,
                         bool trusted, const Peer& peer) {
  request = &its_request;
  url = &its_url;
  tls = its_request.tls;
  if (!trusted) tls.server_name.clear();                    // another host has a name of its own
  tls.peer_waits = request->version != HttpVersion::http2;  // which has the server send its settings at once
  fault = {};
  header_bytes = 0;
  begun = 0;
  opened = -1;
  whole_body_at_once = body.size() <= kSmallBody;
  error_text[0] = '\0';
  curl_easy_setopt(easy, CURLOPT_URL, url->text().c_str());
  write_method(method, body);
  write_headers(body, trusted);
  write_peer(peer);
  if (url->is_secure()) write_tls();
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request->compressed ? "" : nullptr);
  const bool two = request->version == HttpVersion::http2;
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(two ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, two ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->keep_connection ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request->keep_connection ? 0L : 1L);
}

void Transfer::write_method(const std::string& method, std::string_view body) const {
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);  // also takes back what the last request set
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, whole_body_at_once ? 1L : 0L);
}

void Transfer::write_headers(std::string_view body, bool trusted) {
  headers.clear();
  const std::vector<Header>& own = request->headers;
  const auto given = [&](std::string_view name) {
    return std::any_of(own.begin(), own.end(), [&](const Header& header) { return same_word(header.name, name); });
  };
  for (const Header& header : own) {
    // Another host is told neither who we are nor what we know of the first.
    if (!trusted &&
        (same_word(header.name, "Authorization") || same_word(header.name, "Cookie") || same_word(header.name, "Host")))
      continue;
    if (same_word(header.name, "Content-Type") && body.empty()) continue;
    headers.add()
        .append(header.name)
        .append(header.value.empty() ? ";" : ": ")
        .append(header.value);  // ; is curl's for an empty one
  }
  if (!given("User-Agent")) headers.add() = "User-Agent: finwatch-workflow";
  if (!body.empty() && !given("Content-Type"))
    headers.add().append("Content-Type:").append(request->content_type.empty() ? "" : " ").append(request->content_type);
  if (!body.empty()) headers.add() = "Expect:";  // it is sent at once, not after a second of waiting for leave
  if (trusted && !given("Authorization")) write_identity();
  if (request->cookies != nullptr && !(trusted && given("Cookie")))
    if (const std::string cookies = request->cookies->header(*url, loop.wall_now()); !cookies.empty())
      headers.add().append("Cookie: ").append(cookies);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list());
}

void Transfer::write_identity() {
  const HttpAuth& auth = request->auth;
  std::string user = auth.user;
  std::string_view password = auth.password.reveal();
  if (user.empty()) {
    user = url->user();
    password = url->password().reveal();
  }
  if (!auth.bearer.empty())
    headers.add().append("Authorization: Bearer ").append(auth.bearer.reveal());
  else if (!user.empty())
    headers.add().append("Authorization: Basic ").append(base64(user.append(":").append(password)));
}

void Transfer::write_peer(const Peer& peer) {
  peers.clear();
  if (!peer.addresses.empty()) {
    std::string& line = peers.add();
    line.append("+").append(peer.host).append(":").append(std::to_string(peer.port));
    for (const Address& address : peer.addresses)
      line.append(&address == &peer.addresses.front() ? ":" : ",").append(address.ip());
  }
  curl_easy_setopt(easy, CURLOPT_RESOLVE, peers.list());
  curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy.c_str());  // an empty one means none, whatever the environment says
  const long family = request->family == IpFamily::ipv4   ? CURL_IPRESOLVE_V4
                      : request->family == IpFamily::ipv6 ? CURL_IPRESOLVE_V6
                                                          : CURL_IPRESOLVE_WHATEVER;
  curl_easy_setopt(easy, CURLOPT_IPRESOLVE, family);
}

void Transfer::write_tls() const {
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify && tls.server_name.empty() ? 2L : 0L);
  // curl takes up a kept connection when all that it knows of TLS is the same. What only we know must tell connections apart as
  // well, and the folder of certificates, which our own trust replaces, is a text that it compares.
  std::string apart = "/finwatch";
  for (const std::string* part : {&tls.ca_file, &tls.certificate_file, &tls.key_file, &tls.server_name})
    apart.append("|").append(*part);
  apart.append("|").append(to_string(tls.minimum));
  curl_easy_setopt(easy, CURLOPT_CAPATH, apart.c_str());
}

void Transfer::fail(NetError error, std::string text) {
  if (fault) fault = {error, std::move(text)};
}

curl_socket_t Transfer::on_open(const curl_sockaddr& address) {
  if (clock->phase() != Phase::connect) clock->enter(Phase::connect, loop.now());
  hop->remote = Address::from(address.addr).text();
  const int made = ::socket(address.family, address.socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.protocol);
  if (made < 0) return CURL_SOCKET_BAD;
  ++sockets;
  opened = made;
  return made;
}

CURLcode Transfer::on_ssl_context(void* context) {
  const std::string peer = url->host() + ":" + std::to_string(url->port());
  Result<std::shared_ptr<Handshake>> made = Handshake::prepare(store, tls, url->host(), peer, this);
  const Status attached = made ? Handshake::attach(static_cast<ssl_ctx_st*>(context), *made) : Status(made.error());
  if (!attached) {
    fail(NetError::invalid, attached.error().message);
    return CURLE_SSL_CERTPROBLEM;
  }
  handshake = *made;
  return CURLE_OK;
}

// The connection stands and the request goes out now. A second time means that a kept connection was closed under it.
bool Transfer::on_ready() {
  ++begun;
  if (begun > 1 && !request->idempotent) {
    fail(NetError::protocol,
         "the server closed the kept connection, and the request is not declared idempotent: not sent again");
    return false;
  }
  if (begun > 2) {
    fail(NetError::protocol, "the server closed the kept connection twice");
    return false;
  }
  hop->repeated = begun == 2;
  // A server without TCP_NODELAY waits for our acknowledgement before it goes on, and the kernel delays those of a peer that has just
  // sent something: 40 ms that are nobody's.
  if (opened >= 0)
    after_sending.start(loop.now(), [this] {
      const int yes = 1;
      ::setsockopt(opened, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    });
  clock->enter(Phase::send, loop.now());
  if (whole_body_at_once) clock->enter(Phase::processing, loop.now());
  const auto* session = info<curl_tlssessioninfo*>(easy, CURLINFO_TLS_SSL_PTR);
  if (!url->is_secure() || session == nullptr || session->internals == nullptr) return true;
  if (!handshake) handshake = Handshake::of(static_cast<const ssl_st*>(session->internals));
  return true;
}

std::size_t Transfer::on_header(std::string_view line) {
  if (clock->phase() != Phase::transfer) clock->enter(Phase::transfer, loop.now());
  header_bytes += line.size();
  if (header_bytes > kMostHeaderBytes) {
    fail(NetError::too_large, "the headers are larger than " + std::to_string(kMostHeaderBytes) + " bytes");
    return 0;
  }
  if (line.starts_with("HTTP/")) hop->headers.clear();  // what came before was "100 Continue" and the like
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/") || colon == std::string_view::npos) return line.size();
  hop->headers.push_back({std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
  return line.size();
}

std::size_t Transfer::on_body(std::string_view part) {
  const std::size_t room = request->most_body - answer->body_bytes;
  const std::string_view fits = part.substr(0, room);
  answer->body_bytes += fits.size();
  if (request->keep_body) answer->body.append(fits);
  if (part.size() <= room) return part.size();
  fail(NetError::too_large, "the answer is larger than " + std::to_string(request->most_body) + " bytes");
  return 0;
}

}  // namespace finwatch::workflow
