// LEMON's network simplex on an instance, for benchmarks/peers.py: lemon FILE.mcf whole|components|penalties
//
// Unmatched units go through a root node, a penalty arc for each node. `components` cuts the instance into connected
// components and solves each alone. `penalties` does so too, and starts each from the tree of its penalty arcs, which take the
// place of LEMON's artificial ones: the best that its simplex does on these instances. Prints the milliseconds that solving took, without building graphs, and the objective.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <vector>

#include <lemon/smart_graph.h>
// the starting tree is a private member of the class
#define private public
#include <lemon/network_simplex.h>
#undef private

using Graph = lemon::SmartDigraph;
using Simplex = lemon::NetworkSimplex<Graph, std::int64_t, std::int64_t>;

// Starts from the tree of the penalty arcs, through which all units go at first, and pivots. LEMON's initial pivots are left
// out: on small components they take longer than they save.
static void run_from_penalties(Simplex &simplex, const std::vector<std::int64_t> &penalty) {
    const int nodes = simplex._node_num, arcs = simplex._arc_num;
    std::int64_t total = 0;
    for (int u = 0; u != nodes; ++u) {
        total += simplex._supply[u];
    }
    simplex._stype = total < 0 ? Simplex::GEQ : Simplex::LEQ;
    if (!simplex.init()) {
        std::exit(1);
    }
    simplex._search_arc_num = simplex._all_arc_num = arcs + nodes;
    for (int u = 0, e = arcs; u != nodes; ++u, ++e) {
        const bool is_source = simplex._supply[u] > 0;
        simplex._pred[u] = e;
        simplex._pred_dir[u] = is_source ? Simplex::DIR_UP : Simplex::DIR_DOWN;
        simplex._source[e] = is_source ? u : simplex._root;
        simplex._target[e] = is_source ? simplex._root : u;
        simplex._cap[e] = simplex.INF;
        simplex._state[e] = Simplex::STATE_TREE;
        simplex._flow[e] = is_source ? simplex._supply[u] : -simplex._supply[u];
        simplex._cost[e] = penalty[u];
        simplex._pi[u] = is_source ? -penalty[u] : penalty[u];
    }
    Simplex::BlockSearchPivotRule pivot(simplex);
    while (pivot.findEnteringArc()) {
        simplex.findJoinNode();
        const bool change = simplex.findLeavingArc();
        simplex.changeFlow(change);
        if (change) {
            simplex.updateTreeStructure();
            simplex.updatePotential();
        }
    }
}

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
        std::fprintf(stderr, "lemon FILE.mcf whole|components|penalties\n");
        return 2;
    }
    const auto head_line = read<std::int64_t>(file, 4);
    const std::int64_t sources = head_line[1], nodes = sources + head_line[2], arcs = head_line[3];
    const auto supply = read<std::int64_t>(file, nodes), penalty = read<std::int64_t>(file, nodes);
    const auto tail = read<std::int32_t>(file, arcs), head = read<std::int32_t>(file, arcs);
    const auto cost = read<std::int64_t>(file, arcs);

    std::vector<std::int32_t> part(nodes, 0);
    const bool from_penalties = std::strcmp(arguments[2], "penalties") == 0;
    if (std::strcmp(arguments[2], "whole") != 0) {
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
        Graph::Node root;
        if (!from_penalties) {
            root = graph.addNode();
        }
        std::vector<std::int64_t> prices, penalties;
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
            penalties.push_back(penalty[node]);
            if (from_penalties) {
                continue;
            }
            node < sources ? graph.addArc(place[node], root) : graph.addArc(root, place[node]);
            prices.push_back(penalty[node]);
        }
        Graph::NodeMap<std::int64_t> amounts(graph);
        Graph::ArcMap<std::int64_t> costs(graph);
        if (!from_penalties) {
            amounts[root] = -total;
        }
        for (const auto node : nodes_of[one]) {
            amounts[place[node]] = supply[node];
        }
        for (std::size_t arc = 0; arc < prices.size(); arc++) {
            costs[graph.arcFromId(arc)] = prices[arc];
        }
        Simplex simplex(graph);
        simplex.supplyMap(amounts).costMap(costs);
        if (from_penalties) {
            // LEMON numbers nodes in the order of its graph, which may be another
            std::vector<std::int64_t> in_its_order(penalties.size());
            for (std::size_t at = 0; at < penalties.size(); at++) {
                in_its_order[simplex._node_id[place[nodes_of[one][at]]]] = penalties[at];
            }
            const auto start = std::chrono::steady_clock::now();
            run_from_penalties(simplex, in_its_order);
            milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
            for (int e = simplex._arc_num; e != simplex._all_arc_num; ++e) {
                objective += static_cast<__int128>(simplex._flow[e]) * simplex._cost[e];
            }
        } else {
            const auto start = std::chrono::steady_clock::now();
            const auto end_type = simplex.run();
            milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
            if (end_type != Simplex::OPTIMAL) {
                std::fprintf(stderr, "LEMON ended with %d\n", end_type);
                return 1;
            }
        }
        objective += simplex.totalCost<__int128>();
    }
    std::printf("%.6f %lld\n", milliseconds, static_cast<long long>(objective));
}
