// LEMON's network simplex on an instance, for benchmarks/peers.py: lemon FILE.mcf whole|components
//
// Unmatched units go through a root node, a penalty arc for each node. `components` cuts the instance into connected
// components and solves each alone. Prints the milliseconds that solving took, without building graphs, and the objective.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <vector>

#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

using Graph = lemon::SmartDigraph;
using Simplex = lemon::NetworkSimplex<Graph, std::int64_t, std::int64_t>;

template <typename T>
static std::vector<T> read(std::FILE *file, std::size_t count) {
    std::vector<T> items(count);
    if (std::fread(items.data(), sizeof(T), count, file) != count) {
        std::fprintf(stderr, "the file ends early\n");
        std::exit(1);
    }
    return items;
}

static std::int32_t find(std::vector<std::int32_t> &parent, std::int32_t x) {
    while (parent[x] != x) {
        x = parent[x] = parent[parent[x]];
    }
    return x;
}

int main(int count, char **arguments) {
    std::FILE *file = count == 3 ? std::fopen(arguments[1], "rb") : nullptr;
    if (!file) {
        std::fprintf(stderr, "lemon FILE.mcf whole|components\n");
        return 2;
    }
    const auto head_line = read<std::int64_t>(file, 4);
    const std::int64_t sources = head_line[1], nodes = sources + head_line[2], arcs = head_line[3];
    const auto supply = read<std::int64_t>(file, nodes), penalty = read<std::int64_t>(file, nodes);
    const auto tail = read<std::int32_t>(file, arcs), head = read<std::int32_t>(file, arcs);
    const auto cost = read<std::int64_t>(file, arcs);

    std::vector<std::int32_t> part(nodes, 0);
    if (std::strcmp(arguments[2], "components") == 0) {
        std::vector<std::int32_t> parent(nodes);
        std::iota(parent.begin(), parent.end(), 0);
        for (std::int64_t arc = 0; arc < arcs; arc++) {
            parent[find(parent, head[arc])] = find(parent, tail[arc]);
        }
        for (std::int64_t node = 0; node < nodes; node++) {
            part[node] = find(parent, node);
        }
    }
    std::vector<std::vector<std::int64_t>> nodes_of(nodes), arcs_of(nodes);
    for (std::int64_t node = 0; node < nodes; node++) {
        nodes_of[part[node]].push_back(node);
    }
    for (std::int64_t arc = 0; arc < arcs; arc++) {
        arcs_of[part[tail[arc]]].push_back(arc);
    }

    __int128 objective = 0;
    double milliseconds = 0;
    std::vector<Graph::Node> place(nodes);
    for (std::int64_t one = 0; one < nodes; one++) {
        if (nodes_of[one].empty()) {
            continue;
        }
        Graph graph;
        graph.reserveNode(nodes_of[one].size() + 1);
        graph.reserveArc(nodes_of[one].size() + arcs_of[one].size());
        const Graph::Node root = graph.addNode();
        std::vector<std::int64_t> prices;
        std::int64_t total = 0;
        for (const auto node : nodes_of[one]) {
            place[node] = graph.addNode();
            total += supply[node];
        }
        for (const auto arc : arcs_of[one]) {
            graph.addArc(place[tail[arc]], place[head[arc]]);
            prices.push_back(cost[arc]);
        }
        for (const auto node : nodes_of[one]) {
            node < sources ? graph.addArc(place[node], root) : graph.addArc(root, place[node]);
            prices.push_back(penalty[node]);
        }
        Graph::NodeMap<std::int64_t> amounts(graph);
        Graph::ArcMap<std::int64_t> costs(graph);
        amounts[root] = -total;
        for (const auto node : nodes_of[one]) {
            amounts[place[node]] = supply[node];
        }
        for (std::size_t arc = 0; arc < prices.size(); arc++) {
            costs[graph.arcFromId(arc)] = prices[arc];
        }
        Simplex simplex(graph);
        simplex.supplyMap(amounts).costMap(costs);
        const auto start = std::chrono::steady_clock::now();
        const auto end_type = simplex.run();
        milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        if (end_type != Simplex::OPTIMAL) {
            std::fprintf(stderr, "LEMON ended with %d\n", end_type);
            return 1;
        }
        objective += simplex.totalCost<__int128>();
    }
    std::printf("%.6f %lld\n", milliseconds, static_cast<long long>(objective));
}
