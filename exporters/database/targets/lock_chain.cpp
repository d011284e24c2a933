#include "database/targets/lock_chain.h"

#include <algorithm>
#include <map>
#include <utility>

namespace finwatch::database {
namespace {

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;  // waiter, blocker: places in LockChain::nodes

class Solver {
 public:
  explicit Solver(std::span<const LockEdge> edges) {
    std::vector<std::int64_t> ids;
    for (const LockEdge& edge : edges) {
      if (edge.waiter == edge.blocker) continue;
      ids.push_back(edge.waiter);
      ids.push_back(edge.blocker);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    chain_.nodes.resize(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) chain_.nodes[i].id = ids[i];
    const auto place = [&](std::int64_t id) {
      return static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), id) - ids.begin());
    };
    Pairs pairs;
    for (const LockEdge& edge : edges)
      if (edge.waiter != edge.blocker) pairs.emplace_back(place(edge.waiter), place(edge.blocker));
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    blockers_.resize(ids.size());
    for (const auto& [waiter, blocker] : pairs) {
      blockers_[waiter].push_back(blocker);
      chain_.nodes[blocker].waiters.push_back(waiter);
    }
  }

  LockChain solve() {
    const std::size_t count = chain_.nodes.size();
    open_.resize(count);
    known_.resize(count);
    next_blocker_.resize(count);
    walked_.resize(count);
    for (std::size_t node = 0; node < count; ++node) {
      open_[node] = blockers_[node].size();
      if (open_[node] == 0) take_root(node);
    }
    settle();
    // What is left waits in a circle, or behind one.
    for (std::size_t node = 0; node < count; ++node) {
      if (known_[node]) continue;
      const std::size_t root = smallest_of_circle(node);
      chain_.nodes[root].in_circle = true;
      take_root(root);
      settle();
      --node;  // it may still wait for a second circle
    }
    count_behind();
    draw();
    return std::move(chain_);
  }

 private:
  void take_root(std::size_t node) {
    known_[node] = true;
    chain_.roots.push_back(node);
    ready_.push_back(node);
  }

  // From the roots outwards: a session is ready when all of its blockers are.
  void settle() {
    for (std::size_t i = 0; i < ready_.size(); ++i)
      for (const std::size_t waiter : chain_.nodes[ready_[i]].waiters) {
        if (known_[waiter] || --open_[waiter] > 0) continue;
        known_[waiter] = true;
        LockNode& node = chain_.nodes[waiter];
        node.nearest = blockers_[waiter].front();
        for (const std::size_t blocker : blockers_[waiter])
          if (chain_.nodes[blocker].depth > chain_.nodes[node.nearest].depth) node.nearest = blocker;
        node.depth = chain_.nodes[node.nearest].depth + 1;
        chain_.depth = std::max(chain_.depth, node.depth);
        ready_.push_back(waiter);
      }
    ready_.clear();
  }

  // A blocker that is not settled: each session that is left has one.
  std::size_t open_blocker(std::size_t node) {
    std::size_t& at = next_blocker_[node];
    while (known_[blockers_[node][at]]) ++at;
    return blockers_[node][at];
  }

  std::size_t smallest_of_circle(std::size_t node) {
    ++walk_;
    for (; walked_[node] != walk_; node = open_blocker(node)) walked_[node] = walk_;
    std::size_t smallest = node;
    for (std::size_t other = open_blocker(node); other != node; other = open_blocker(other))
      smallest = std::min(smallest, other);
    return smallest;
  }

  void count_behind() {
    for (const std::size_t root : chain_.roots) chain_.nodes[root].behind = all_behind(chain_, root).size();
    std::sort(chain_.roots.begin(), chain_.roots.end(), [&](std::size_t a, std::size_t b) {
      const std::size_t more = chain_.nodes[a].behind;
      const std::size_t less = chain_.nodes[b].behind;
      return more != less ? more > less : chain_.nodes[a].id < chain_.nodes[b].id;
    });
  }

  void draw() {
    std::vector<std::size_t> todo(chain_.roots.rbegin(), chain_.roots.rend());
    while (!todo.empty()) {
      const std::size_t node = todo.back();
      todo.pop_back();
      chain_.drawn.push_back(node);
      const auto& waiters = chain_.nodes[node].waiters;
      for (auto waiter = waiters.rbegin(); waiter != waiters.rend(); ++waiter)
        if (chain_.nodes[*waiter].nearest == node) todo.push_back(*waiter);
    }
  }

  LockChain chain_;
  std::vector<std::vector<std::size_t>> blockers_;
  std::vector<std::size_t> open_;  // blockers that are not settled
  std::vector<char> known_;
  std::vector<std::size_t> ready_;
  std::vector<std::size_t> next_blocker_;
  std::vector<std::size_t> walked_;
  std::size_t walk_ = 0;
};

}  // namespace

LockChain chain_of(std::span<const LockEdge> edges) { return Solver(edges).solve(); }

void complete_edges(std::vector<LockEdge>& edges, const std::set<std::int64_t>& waiting) {
  std::map<std::int64_t, std::int64_t> holders;  // by waiter
  std::set<std::int64_t> told;
  for (const LockEdge& edge : edges) {
    told.insert(edge.waiter);
    if (!waiting.contains(edge.blocker)) holders.emplace(edge.waiter, edge.blocker);
  }
  for (std::size_t i = edges.size(); i-- > 0;) {
    const LockEdge edge = edges[i];
    const auto holder = holders.find(edge.waiter);
    if (holder == holders.end() || !waiting.contains(edge.blocker) || !told.insert(edge.blocker).second) continue;
    edges.push_back({edge.blocker, holder->second});
  }
}

std::vector<std::size_t> all_behind(const LockChain& chain, std::size_t root) {
  std::vector<char> seen(chain.nodes.size());
  seen[root] = 1;
  std::vector<std::size_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i)
    for (const std::size_t waiter : chain.nodes[found[i]].waiters)
      if (std::exchange(seen[waiter], 1) == 0) found.push_back(waiter);
  found.erase(found.begin());
  return found;
}

}  // namespace finwatch::database
