#include "database/targets/lock_chain.h"

#include "support/catch.h"

using namespace finwatch::database;

namespace {

// "11; 12 <- 11, depth 1; …": each node as it is drawn.
std::string drawn(const LockChain& chain) {
  std::string text;
  for (const std::size_t place : chain.drawn) {
    const LockNode& node = chain.nodes[place];
    text += std::string(node.depth * 2, ' ') + std::to_string(node.id);
    if (node.nearest == LockNode::kNobody) text += " blocks " + std::to_string(node.behind);
    if (node.in_circle) text += " in a circle";
    text += '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("lock chain: nobody waits") {
  const LockChain chain = chain_of({});
  CHECK(chain.nodes.empty());
  CHECK(chain.roots.empty());
  CHECK(chain.depth == 0);
}

TEST_CASE("lock chain: three deep, the queue's transitive edges reduced to the nearest blocker") {
  // B and C queue for A's row, D waits for C's; the server names A to C as well, and one edge twice.
  const LockEdge edges[] = {{13, 11}, {12, 11}, {13, 12}, {14, 13}, {12, 11}};
  const LockChain chain = chain_of(edges);
  CHECK(chain.depth == 3);
  CHECK(drawn(chain) == R"(11 blocks 3
  12
    13
      14
)");
}

TEST_CASE("lock chain: two roots, the one with more behind it first; who waits for both is behind both and drawn once") {
  const LockEdge edges[] = {{5, 1}, {5, 2}, {6, 2}};
  const LockChain chain = chain_of(edges);
  CHECK(chain.depth == 1);
  CHECK(drawn(chain) == R"(2 blocks 2
  6
1 blocks 1
  5
)");
}

TEST_CASE("lock chain: a session that waits for itself is none, a prepared transaction is number 0") {
  const LockEdge edges[] = {{7, 7}, {8, 0}};
  CHECK(drawn(chain_of(edges)) == "0 blocks 1\n  8\n");
}

TEST_CASE("lock chain: circles end, and what waits behind them is counted") {
  // 1 -> 2 -> 3 -> 1 with 9 behind it, beside a second circle that waits for the first.
  const LockEdge edges[] = {{1, 2}, {2, 3}, {3, 1}, {9, 2}, {20, 21}, {21, 20}, {20, 1}};
  CHECK(drawn(chain_of(edges)) == R"(1 blocks 5 in a circle
  3
    2
      9
20 blocks 1 in a circle
  21
)");
}

TEST_CASE("lock chain: thousands of sessions in a line, in a star and in pairs") {
  std::vector<LockEdge> line, star, pairs, queue;
  for (std::int64_t id = 1; id <= 5000; ++id) {
    line.push_back({id, id - 1});
    star.push_back({id, 0});
    pairs.push_back({2 * id, 2 * id + 1});
    pairs.push_back({2 * id + 1, 2 * id});
  }
  for (std::int64_t waiter = 1; waiter <= 200; ++waiter)  // each names all that are ahead of it
    for (std::int64_t ahead = 0; ahead < waiter; ++ahead) queue.push_back({waiter, ahead});
  CHECK(chain_of(line).depth == 5000);
  CHECK(chain_of(line).roots.size() == 1);
  CHECK(chain_of(star).depth == 1);
  CHECK(chain_of(star).nodes[0].behind == 5000);
  CHECK(chain_of(pairs).roots.size() == 5000);
  CHECK(chain_of(queue).depth == 200);
  CHECK(chain_of(queue).drawn.size() == 201);
}

TEST_CASE("lock chain: who waits is no root although its own edges were cut off") {
  // 4 queues behind 3 and 2 for what 1 holds; 6 waits for 5 and nobody said for whom 5 waits, nor where its queue begins.
  std::vector<LockEdge> edges = {{4, 1}, {4, 2}, {4, 3}, {6, 5}};
  complete_edges(edges, {2, 3, 4, 5, 6});
  CHECK(drawn(chain_of(edges)) == R"(1 blocks 3
  2
    4
  3
5 blocks 1
  6
)");
}
