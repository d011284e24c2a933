#include "host/sources/links.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

namespace finwatch::host {
namespace {

void write_address(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out.clear();
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!out.empty()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// Older kernels send fewer counters: what is missing is zero, as it is for them.
void read_statistics(std::string_view bytes, Link& link) {
  rtnl_link_stats64 statistics{};
  std::memcpy(&statistics, bytes.data(), std::min(bytes.size(), sizeof statistics));
  link.statistics = statistics;
}

void read_attribute(const NetlinkAttribute& attribute, Link& link) {
  const auto word = [&] { return attribute.number<std::uint32_t>().value_or(0); };
  const auto byte = [&] { return attribute.number<std::uint8_t>().value_or(0); };
  switch (attribute.type) {
    case IFLA_IFNAME: link.name = attribute.text(); break;
    case IFLA_IFALIAS: link.alias = attribute.text(); break;
    case IFLA_ADDRESS: write_address(attribute.bytes, link.address); break;
    case IFLA_BROADCAST: write_address(attribute.bytes, link.broadcast); break;
    case IFLA_LINK: link.peer = static_cast<int>(word()); break;
    case IFLA_MTU: link.mtu = word(); break;
    case IFLA_TXQLEN: link.queue_length = word(); break;
    case IFLA_GROUP: link.group = word(); break;
    case IFLA_OPERSTATE: link.operstate = byte(); break;
    case IFLA_LINKMODE: link.link_mode = byte(); break;
    case IFLA_CARRIER: link.carrier = byte() != 0; break;
    case IFLA_CARRIER_CHANGES: link.carrier_changes = word(); break;
    case IFLA_CARRIER_UP_COUNT: link.carrier_ups = word(); break;
    case IFLA_CARRIER_DOWN_COUNT: link.carrier_downs = word(); break;
    case IFLA_PROMISCUITY: link.promiscuity = word(); break;
    case IFLA_ALLMULTI: link.all_multicast = word(); break;
    case IFLA_STATS64: read_statistics(attribute.bytes, link); break;
    default: break;
  }
}

}  // namespace

bool Link::up() const { return (flags & IFF_UP) != 0; }

bool parse_link(const NetlinkMessage& message, Link& link) {
  const auto info = message.head<ifinfomsg>();
  if (!info || message.type != RTM_NEWLINK) return false;
  // The strings keep their room; everything else starts anew.
  Link kept;
  kept.name.swap(link.name);
  kept.alias.swap(link.alias);
  kept.address.swap(link.address);
  kept.broadcast.swap(link.broadcast);
  for (std::string* text : {&kept.name, &kept.alias, &kept.address, &kept.broadcast}) text->clear();
  link = std::move(kept);
  link.index = info->ifi_index;
  link.peer = info->ifi_index;
  link.flags = info->ifi_flags;
  link.type = info->ifi_type;
  for (AttributeReader attributes(message.tail<ifinfomsg>()); const auto attribute = attributes.next();)
    read_attribute(*attribute, link);
  return !link.name.empty();
}

Result<LinkTable> Links::read(std::uint64_t scrape) {
  const std::lock_guard lock(mutex_);
  if (scrape == scrape_ && scrape != 0) return current_;
  scrape_ = scrape;
  current_ = Errc::no_data;  // lets go of the table
  // Somebody who was left behind may still read the old table: then it stays his.
  if (!table_ || table_.use_count() > 1) table_ = std::make_shared<std::vector<Link>>();
  const Status status = refill(*table_);
  current_ = status ? Result<LinkTable>(LinkTable(table_)) : Result<LinkTable>(status.error());
  return current_;
}

Status Links::refill(std::vector<Link>& links) {
  const std::lock_guard lock(socket_->mutex);
  std::size_t count = 0;
  const Status status = socket_->netlink.dump(
      RTM_GETLINK, ifinfomsg{}, [&] { count = 0; },
      [&](const NetlinkMessage& message) {
        if (links.size() == count) links.emplace_back();
        if (parse_link(message, links[count])) ++count;
      });
  links.resize(count);
  // Kernels before 6.6 dump in hash order, and a table that changes meanwhile may name an interface twice.
  const auto before = [](const Link& a, const Link& b) { return a.index < b.index; };
  const auto same = [](const Link& a, const Link& b) { return a.index == b.index; };
  if (!std::is_sorted(links.begin(), links.end(), before)) std::sort(links.begin(), links.end(), before);
  links.erase(std::unique(links.begin(), links.end(), same), links.end());
  return status;
}

const Link* find_link(const std::vector<Link>& links, int index) {
  const auto found =
      std::lower_bound(links.begin(), links.end(), index, [](const Link& link, int wanted) { return link.index < wanted; });
  return found == links.end() || found->index != index ? nullptr : &*found;
}

}  // namespace finwatch::host
