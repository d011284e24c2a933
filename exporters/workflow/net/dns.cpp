#include "workflow/net/dns.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <random>
#include <utility>

#include "core/text.h"
#include "workflow/net/call_frame.h"
#include "workflow/net/stream.h"

namespace finwatch::workflow {

struct DnsCall::Body {
  Body(Loop& loop, Resolver& resolver, TlsStore* its_tls)
      : tls(its_tls), frame(loop, resolver, [this] { close(); }), stream(loop, frame.clock) {}

  void start();
  void ask_by_datagram();
  void hear_datagram();
  void ask_by_stream();
  void say();
  void hear_stream();
  bool take(std::string_view bytes);
  void close();

  TlsStore* tls;
  DnsRequest request;
  std::string query;
  std::uint16_t id = 0;
  Address server;
  int socket = -1;
  std::random_device random;
  CallFrame<DnsResult> frame;
  Stream stream;
  std::unique_ptr<Watch> watch;
};

DnsCall::DnsCall(Loop& loop, Resolver& resolver, TlsStore* tls) : body_(std::make_unique<Body>(loop, resolver, tls)) {}
DnsCall::~DnsCall() { body_->close(); }
void DnsCall::cancel() { body_->frame.cancel(); }

void DnsCall::start(DnsRequest request, SteadyTime deadline, Callback callback) {
  body_->request = std::move(request);
  body_->frame.begin(deadline, std::move(callback));
  body_->start();
}

void DnsCall::Body::close() {
  stream.close();
  watch.reset();
  if (socket >= 0) ::close(std::exchange(socket, -1));
}

void DnsCall::Body::start() {
  id = static_cast<std::uint16_t>(random());  // one that a stranger cannot guess
  Result<std::string> written = write_dns_query(request.question, id);
  if (!written) return frame.end_soon({NetError::invalid, written.error().message});
  query = std::move(*written);
  if (request.tls && (tls == nullptr || request.transport != DnsTransport::tcp))
    return frame.end_soon({NetError::invalid, "TLS goes over TCP, with a store of trusted certificates"});
  frame.find(request.server, request.family, [this](const std::vector<Address>& addresses) {
    server = addresses.front();
    server.set_port(request.port);
    frame.answer.remote = server.text();
    if (request.transport == DnsTransport::udp) return ask_by_datagram();
    ask_by_stream();
  });
}

void DnsCall::Body::ask_by_datagram() {
  socket = ::socket(server.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // Connected, so that only the server's datagrams come, and its refusal as well.
  if (socket < 0 || ::connect(socket, server.data(), server.size()) != 0 || ::send(socket, query.data(), query.size(), 0) < 0)
    return frame.end({NetError::connect, server.text() + ": " + error_from_errno(errno, "send").message});
  frame.enter(Phase::processing);
  watch = std::make_unique<Watch>(frame.loop, socket, Watch::kRead, [this](unsigned) { hear_datagram(); });
}

void DnsCall::Body::hear_datagram() {
  std::array<char, 65'536> bytes;  // recv() fills it
  const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return frame.end({NetError::connect, server.text() + ": " + error_from_errno(errno, "answer").message});
  if (take({bytes.data(), static_cast<std::size_t>(got)}))
    frame.end({});  // else it was for somebody else: the right one may come
}

void DnsCall::Body::ask_by_stream() {
  stream.connect({server}, [this](const Outcome& connected) {
    if (!connected) return frame.end(connected);
    if (!request.tls) return say();
    stream.secure(*tls, request.tls_options, request.server, [this](const Outcome& secured) {
      if (!secured) return frame.end(secured);
      say();
    });
  });
}

void DnsCall::Body::say() {
  frame.enter(Phase::send);
  const std::string length = {static_cast<char>(query.size() >> 8), static_cast<char>(query.size() & 0xff)};
  stream.send(length + query, [this](const Outcome& sent) {
    if (!sent) return frame.end(sent);
    frame.enter(Phase::processing);
    hear_stream();
  });
}

void DnsCall::Body::hear_stream() {
  const std::string& buffer = stream.buffer();
  const auto at = [&](std::size_t place) { return static_cast<std::size_t>(static_cast<unsigned char>(buffer[place])); };
  const std::size_t length = buffer.size() < 2 ? 0 : at(0) << 8 | at(1);
  if (buffer.size() >= 2 && buffer.size() >= length + 2) {
    const bool good = take(std::string_view(buffer).substr(2, length));
    return frame.end(good ? Outcome{} : Outcome{NetError::protocol, "what the server sent is no answer to the question"});
  }
  if (stream.at_end()) return frame.end({NetError::protocol, "the server closed before its answer was whole"});
  stream.receive([this](const Outcome& outcome) {
    if (!outcome) return frame.end(outcome);
    hear_stream();
  });
}

bool DnsCall::Body::take(std::string_view bytes) {
  std::optional<DnsMessage> message = read_dns_message(bytes);
  if (!message || !message->response || message->id != id) return false;
  // Servers may answer FORMERR and the like without repeating the question.
  if (!message->question.empty() && !same_word(message->question, question_line(request.question))) return false;
  frame.answer.message = std::move(*message);
  frame.answer.size = bytes.size();
  return true;
}

}  // namespace finwatch::workflow
