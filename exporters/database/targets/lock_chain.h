// Who blocks whom, as arithmetic: from pairs of session numbers to roots, nearest blockers and depths. Knows no database.
//
//   const std::vector<LockEdge> edges = {{.waiter = 12, .blocker = 11}, {.waiter = 13, .blocker = 12}};
//   const LockChain chain = chain_of(edges);
//   chain.depth;                                    // 2
//   chain.nodes[chain.roots[0]].id;                 // 11, which waits for nobody
//
// A server often names everybody who is ahead in a queue (C waits for B and for A, while B waits for A): of several blockers the
// one that is furthest from its root is the nearest. Sessions that wait for one another in a circle have no root of their own; the
// one with the smallest number is taken for it.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace finwatch::database {

struct LockEdge {
  std::int64_t waiter;
  std::int64_t blocker;
};

struct LockNode {
  static constexpr std::size_t kNobody = ~std::size_t{0};

  std::int64_t id = 0;
  std::size_t nearest = kNobody;  // the blocker in whose branch it is drawn; nobody for a root
  std::size_t depth = 0;          // 0 for a root
  std::size_t behind = 0;         // sessions that wait for it, directly or through others; counted for roots only
  bool in_circle = false;         // a root that was taken from a circle
  std::vector<std::size_t> waiters;
};

struct LockChain {
  std::vector<LockNode> nodes;     // by id
  std::vector<std::size_t> roots;  // the one with the most sessions behind it first, then by id
  std::vector<std::size_t> drawn;  // all nodes as a tree is drawn: each root, below it its waiters, below them theirs
  std::size_t depth = 0;           // of the deepest waiter
};

/// Takes edges in any order, more than once, and of a session to itself (which are left out).
LockChain chain_of(std::span<const LockEdge> edges);

/// For edges of which some were cut off: a session of `waiting` without an edge of its own is no root. It waits for the holder that
/// those behind it wait for, as a queue has one.
void complete_edges(std::vector<LockEdge>& edges, const std::set<std::int64_t>& waiting);

/// The nodes that wait for this one, directly or through others, without itself.
std::vector<std::size_t> all_behind(const LockChain& chain, std::size_t root);

}  // namespace finwatch::database
