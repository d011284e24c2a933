#include <array>
#include <optional>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

// The key of a line of /proc/net/xfrm_stat and the family it becomes.
struct Counter {
  std::string_view key;
  MetricDesc<0> desc;
};
#define FINWATCH_XFRM(key, name, what)                                                                              \
  Counter {                                                                                                         \
    key, MetricDesc { MetricType::counter, "node_xfrm_" name "_packets_total", what ", from /proc/net/xfrm_stat." } \
  }
constexpr std::array kCounters{
    FINWATCH_XFRM("XfrmInError", "in_error", "Received packets with an error that no other counter names"),
    FINWATCH_XFRM("XfrmInBufferError", "in_buffer_error", "Received packets for which there was no buffer"),
    FINWATCH_XFRM("XfrmInHdrError", "in_hdr_error", "Received packets with a wrong header"),
    FINWATCH_XFRM("XfrmInNoStates", "in_no_states", "Received packets whose SPI, address or protocol has no state"),
    FINWATCH_XFRM("XfrmInStateProtoError", "in_state_proto_error",
                  "Received packets refused by the protocol, for example for a wrong key"),
    FINWATCH_XFRM("XfrmInStateModeError", "in_state_mode_error", "Received packets refused by the mode (tunnel, transport)"),
    FINWATCH_XFRM("XfrmInStateSeqError", "in_state_seq_error", "Received packets with a sequence number outside the window"),
    FINWATCH_XFRM("XfrmInStateExpired", "in_state_expired", "Received packets whose state had expired"),
    FINWATCH_XFRM("XfrmInStateMismatch", "in_state_mismatch", "Received packets that do not fit an option of the state"),
    FINWATCH_XFRM("XfrmInStateInvalid", "in_state_invalid", "Received packets whose state is invalid"),
    FINWATCH_XFRM("XfrmInTmplMismatch", "in_tmpl_mismatch", "Received packets whose states fit no template of the policy"),
    FINWATCH_XFRM("XfrmInNoPols", "in_no_pols", "Received packets with states and without a policy"),
    FINWATCH_XFRM("XfrmInPolBlock", "in_pol_block", "Received packets that a policy discards"),
    FINWATCH_XFRM("XfrmInPolError", "in_pol_error", "Received packets with an error of the policy"),
    FINWATCH_XFRM("XfrmOutError", "out_error", "Sent packets with an error that no other counter names"),
    FINWATCH_XFRM("XfrmOutBundleGenError", "out_bundle_gen_error", "Sent packets for which no bundle could be made"),
    FINWATCH_XFRM("XfrmOutBundleCheckError", "out_bundle_check_error", "Sent packets whose bundle failed its check"),
    FINWATCH_XFRM("XfrmOutNoStates", "out_no_states", "Sent packets without a state"),
    FINWATCH_XFRM("XfrmOutStateProtoError", "out_state_proto_error", "Sent packets refused by the protocol"),
    FINWATCH_XFRM("XfrmOutStateModeError", "out_state_mode_error", "Sent packets refused by the mode (tunnel, transport)"),
    FINWATCH_XFRM("XfrmOutStateSeqError", "out_state_seq_error", "Sent packets for which the sequence numbers ran out"),
    FINWATCH_XFRM("XfrmOutStateExpired", "out_state_expired", "Sent packets whose state had expired"),
    FINWATCH_XFRM("XfrmOutPolBlock", "out_pol_block", "Sent packets that a policy discards"),
    FINWATCH_XFRM("XfrmOutPolDead", "out_pol_dead", "Sent packets whose policy is dead"),
    FINWATCH_XFRM("XfrmOutPolError", "out_pol_error", "Sent packets with an error of the policy"),
    FINWATCH_XFRM("XfrmFwdHdrError", "fwd_hdr_error", "Packets that may not be forwarded"),
    FINWATCH_XFRM("XfrmOutStateInvalid", "out_state_invalid", "Sent packets whose state is invalid, perhaps expired"),
    FINWATCH_XFRM("XfrmAcquireError", "acquire_error", "Packets that came before their state was complete"),
};
#undef FINWATCH_XFRM

constexpr auto kMetrics = [] {
  std::array<MetricRef, kCounters.size()> refs;
  for (std::size_t i = 0; i < refs.size(); ++i) refs[i] = kCounters[i].desc;
  return refs;
}();

class Xfrm final : public Collector {
 public:
  explicit Xfrm(const Env& env) : file_(env.proc("net/xfrm_stat")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    std::array<std::optional<std::uint64_t>, kCounters.size()> values{};
    bool any = false;
    std::size_t expected = 0;  // lines come in the order of the table, with newer ones at the end
    for (LineReader lines(*text); const auto line = lines.next();) {
      FieldReader fields(*line);
      const std::string_view key = fields.next();
      for (std::size_t tried = 0; tried < kCounters.size(); ++tried) {
        const std::size_t i = (expected + tried) % kCounters.size();
        if (kCounters[i].key != key) continue;
        values[i] = fields.next_number<std::uint64_t>();
        any = any || values[i];
        expected = i + 1;
        break;
      }
    }
    if (!any) return {Errc::malformed, file_.path() + ": expected lines like \"XfrmInError 0\""};
    for (std::size_t i = 0; i < kCounters.size(); ++i)
      if (values[i]) sink.add(kCounters[i].desc, *values[i]);
    return ok();
  }

 private:
  KeptFile file_;
};

}  // namespace

extern const CollectorInfo xfrm_collector{
    .name = "xfrm",
    .summary = "Errors of IPsec, from /proc/net/xfrm_stat.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Xfrm>,
};

}  // namespace finwatch::host
