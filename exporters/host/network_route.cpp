#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <compare>
#include <vector>

#include "core/text.h"
#include "host/sources/addresses.h"
#include "host/sources/links.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{MetricType::info,
                           "node_network_route_info",
                           "Unicast routes of all tables, value is always 1, from RTM_GETROUTE.",
                           "dest",
                           "device",
                           "gw",
                           "priority",
                           "proto",
                           "src",
                           "weight"};
constexpr MetricDesc kRoutes{MetricType::gauge, "node_network_routes",
                             "Unicast routes (next hops) by interface, from RTM_GETROUTE.", "device"};
constexpr MetricRef kMetrics[] = {kInfo, kRoutes};

struct Ip {
  unsigned char bytes[16]{};
  unsigned char length = 0;

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes), length}; }
  auto operator<=>(const Ip&) const = default;
};

struct Route {
  int interface = 0;
  Ip destination;
  unsigned char prefix = 0;
  unsigned char protocol = 0;
  std::uint32_t priority = 0;
  int weight = 0;  // 0: the route has one hop
  Ip gateway;
  Ip source;

  auto operator<=>(const Route&) const = default;
};

Ip to_ip(std::string_view bytes) {
  Ip ip;
  if (bytes.size() != 4 && bytes.size() != 16) return ip;
  std::copy(bytes.begin(), bytes.end(), ip.bytes);
  ip.length = static_cast<unsigned char>(bytes.size());
  return ip;
}

std::string_view protocol_name(unsigned char protocol) {
  struct Name {
    unsigned char number;
    std::string_view name;
  };
  constexpr Name kNames[] = {{0, "unspec"}, {1, "redirect"}, {2, "kernel"},   {3, "boot"},   {4, "static"},    {8, "gated"},
                             {9, "ra"},     {10, "mrt"},     {11, "zebra"},   {12, "bird"},  {13, "dnrouted"}, {14, "xorp"},
                             {15, "ntk"},   {16, "dhcp"},    {17, "mrouted"}, {42, "babel"}, {186, "bgp"},     {187, "isis"},
                             {188, "ospf"}, {189, "rip"},    {192, "eigrp"}};
  for (const Name& name : kNames)
    if (name.number == protocol) return name.name;
  return "unknown";
}

template <class T>
std::string_view write_number(T number, char (&room)[16]) {
  return {room, static_cast<std::size_t>(std::to_chars(room, room + sizeof room, number).ptr - room)};
}

class NetworkRoutes final : public Collector {
 public:
  explicit NetworkRoutes(const Env& env) {
    if (!env.live_proc()) return;
    links_ = env.shared<Links>();
    socket_ = env.shared<RouteSocket>();
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (!links_) return {Errc::no_data, "routes are asked of the running kernel only"};
    const Result<LinkTable> links = links_->read(scrape.number);
    if (!links) return links.error();
    {
      const std::lock_guard lock(socket_->mutex);
      const Status status = socket_->netlink.dump(
          RTM_GETROUTE, rtmsg{}, [&] { routes_.clear(); }, [&](const NetlinkMessage& message) { take(message); });
      if (!status) return status;
    }
    for (Route& route : routes_)
      if (find_link(**links, route.interface) == nullptr) route.interface = 0;  // gone meanwhile: all of them are one device
    std::sort(routes_.begin(), routes_.end());
    write(**links, sink);
    return ok();
  }

 private:
  void take(const NetlinkMessage& message) {
    const auto head = message.head<rtmsg>();
    if (!head || message.type != RTM_NEWROUTE || head->rtm_type != RTN_UNICAST) return;
    if (head->rtm_family != AF_INET && head->rtm_family != AF_INET6) return;
    Route route;
    route.prefix = head->rtm_dst_len;
    route.protocol = head->rtm_protocol;
    std::string_view hops;
    for (AttributeReader attributes(message.tail<rtmsg>()); const auto attribute = attributes.next();) {
      switch (attribute->type) {
        case RTA_DST: route.destination = to_ip(attribute->bytes); break;
        case RTA_PREFSRC: route.source = to_ip(attribute->bytes); break;
        case RTA_GATEWAY: route.gateway = to_ip(attribute->bytes); break;
        case RTA_OIF: route.interface = attribute->number<int>().value_or(0); break;
        case RTA_PRIORITY: route.priority = attribute->number<std::uint32_t>().value_or(0); break;
        case RTA_MULTIPATH: hops = attribute->bytes; break;
        default: break;
      }
    }
    if (hops.empty())
      routes_.push_back(route);
    else
      take_hops(route, hops);
  }

  void take_hops(Route route, std::string_view hops) {
    while (const auto hop = read_struct<rtnexthop>(hops)) {
      if (hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > hops.size()) return;
      route.interface = hop->rtnh_ifindex;
      route.weight = hop->rtnh_hops + 1;
      route.gateway = {};
      const std::string_view inside = hops.substr(sizeof(rtnexthop), hop->rtnh_len - sizeof(rtnexthop));
      for (AttributeReader attributes(inside); const auto attribute = attributes.next();)
        if (attribute->type == RTA_GATEWAY) route.gateway = to_ip(attribute->bytes);
      routes_.push_back(route);
      hops.remove_prefix(std::min<std::size_t>((hop->rtnh_len + 3U) & ~3U, hops.size()));
    }
  }

  void write(const std::vector<Link>& links, MetricSink& sink) const {
    auto info = sink.family(kInfo);
    const Route* last = nullptr;
    for (const Route& route : routes_) {
      // Two tables may hold the same route; it is one sample all the same.
      if (last == nullptr || *last != route) add(info, route, device(links, route.interface));
      last = &route;
    }
    auto counts = sink.family(kRoutes);
    for (std::size_t i = 0; i < routes_.size();) {
      const int interface = routes_[i].interface;  // the routes are sorted by it
      const std::size_t first = i;
      while (i < routes_.size() && routes_[i].interface == interface) ++i;
      counts.add(i - first, device(links, interface));
    }
  }

  static std::string_view device(const std::vector<Link>& links, int index) {
    const Link* const link = find_link(links, index);
    return link == nullptr ? std::string_view() : std::string_view(link->name);
  }

  static void add(Family<7>& family, const Route& route, std::string_view device) {
    char destination[64 + 8];
    char gateway[64];
    char source[64];
    char priority[16];
    char weight[16];
    family.add(1, write_destination(route, destination), device, write_ip(route.gateway.view(), gateway),
               write_number(route.priority, priority), protocol_name(route.protocol), write_ip(route.source.view(), source),
               route.weight == 0 ? std::string_view() : write_number(route.weight, weight));
  }

  static std::string_view write_destination(const Route& route, char (&room)[72]) {
    if (route.prefix == 0) return "default";
    char address[64];
    const std::string_view text = write_ip(route.destination.view(), address);
    char* end = std::copy(text.begin(), text.end(), room);
    *end++ = '/';
    end = std::to_chars(end, room + sizeof room, route.prefix).ptr;
    return {room, static_cast<std::size_t>(end - room)};
  }

  std::shared_ptr<Links> links_;
  std::shared_ptr<RouteSocket> socket_;
  std::vector<Route> routes_;
};

}  // namespace

extern const CollectorInfo network_route_collector{
    .name = "network_route",
    .summary = "Unicast routes by interface, from netlink.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<NetworkRoutes>,
};

}  // namespace finwatch::host
