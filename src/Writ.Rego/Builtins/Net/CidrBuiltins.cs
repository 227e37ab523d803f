using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>Networks and addresses.</summary>
internal static class CidrBuiltins
{
    private const string Pair = "(string, string) => boolean";
    private const string Items = "any<string, array[any]>";

    private const string Many =
        $"any<string, array[{Items}], object[string: {Items}], set[{Items}]>";

    public static IEnumerable<Builtin> All =>
    [
        new("net.cidr_contains", Pair, (_, a) => RegoBoolean.Of(Contains(a[0], a[1], 0))),
        new("net.cidr_overlap", Pair, (_, a) => RegoBoolean.Of(Contains(a[0], a[1], 0))) { IsDeprecated = true },
        new("net.cidr_intersects", Pair, (_, a) => RegoBoolean.Of(Network(a[0]).Meets(Network(a[1])))),
        new("net.cidr_contains_matches", $"({Many}, {Many}) => set[array<any, any>]", Matches),
        new("net.cidr_expand", "(string) => set[string]", Expand),
        new("net.cidr_is_valid", "(string) => boolean", (_, a) => RegoBoolean.Of(
            a[0] is RegoString text && IpNetwork.TryParseCidr(text.Value) is not null)),
        new("net.cidr_merge", "(any<array[any<string>], set[string]>) => set[string]", Merge),
    ];

    private static IpNetwork Network(RegoValue value)
    {
        var text = (value as RegoString ?? throw Operands.Invalid(0, $"must be string but got {value.KindName}")).Value;
        return IpNetwork.TryParseCidr(text) ?? throw BuiltinError.Failed($"invalid CIDR address: {text}");
    }

    private static bool Contains(RegoValue network, RegoValue part, int operand)
    {
        var whole = Network(network);
        var text = (part as RegoString
            ?? throw Operands.Invalid(operand, $"must be string but got {part.KindName}")).Value;
        var inner = IpNetwork.TryParseAddress(text) ?? IpNetwork.TryParseCidr(text)
            ?? throw BuiltinError.Failed($"not a valid textual representation of an IP address or CIDR: {text}");
        return whole.Contains(inner);
    }

    private static RegoSet Matches(BuiltinContext context, Operands a)
    {
        var pairs = new RegoSet.Builder();
        var (networks, parts) = (Indexed(a, 0), Indexed(a, 1));
        foreach (var (network, first) in networks)
        {
            context.CheckTime();
            foreach (var (part, second) in parts)
            {
                if (Contains(network, part, 0))
                {
                    pairs.Add(RegoArray.Of(first, second));
                    context.CheckItems(pairs.Count);
                }
            }
        }

        return pairs.Build();
    }

    /// <summary>The networks of an operand, each with what points at it: itself, its index or its key.</summary>
    private static List<(RegoValue Network, RegoValue Index)> Indexed(Operands a, int index)
    {
        var found = new List<(RegoValue Network, RegoValue Index)>();
        switch (a[index])
        {
            case RegoArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    found.Add((Element(array[i], index), RegoNumber.Of(i)));
                }

                break;
            case RegoSet set:
                found.AddRange(set.Select(item => (Element(item, index), item)));
                break;
            case RegoObject map:
                found.AddRange(map.Select(member => (Element(member.Value, index), member.Key)));
                break;
            default:
                found.Add((a[index], a[index]));
                break;
        }

        return found;
    }

    private static RegoValue Element(RegoValue item, int index) => item switch
    {
        RegoString => item,
        RegoArray { Count: > 0 } tuple => tuple[0],
        _ => throw BuiltinError.Failed($"operand {index + 1}: element must be string or non-empty array"),
    };

    private static RegoSet Expand(BuiltinContext context, Operands a)
    {
        var network = Network(a[0]);
        var count = network.Last - network.First + 1;
        context.CheckItems(count > int.MaxValue || count == 0 ? int.MaxValue : (long)count);
        var addresses = new RegoSet.Builder((int)count);
        for (var i = UInt128.Zero; i < count; i++)
        {
            addresses.Add(RegoString.Of(IpNetwork.Show(network.First + i, network.IsV6)));
        }

        return addresses.Build();
    }

    /// <summary>The fewest networks that hold the same addresses.</summary>
    private static RegoSet Merge(BuiltinContext context, Operands a)
    {
        var networks = new List<IpNetwork>();
        foreach (var item in a[0] is RegoArray or RegoSet
            ? a.Items(0)
            : throw BuiltinError.Failed("operand must be an array"))
        {
            networks.Add(Mergeable(item));
        }

        var merged = new RegoSet.Builder();
        foreach (var group in networks.GroupBy(network => network.IsV6))
        {
            foreach (var network in MergeRanges([.. group.OrderBy(n => n.First).ThenByDescending(n => n.Last)]))
            {
                merged.Add(RegoString.Of(network.ToString()));
            }
        }

        return merged.Build();
    }

    /// <summary>An address without a length has that of its class, as it had before there were lengths.</summary>
    private static IpNetwork Mergeable(RegoValue item)
    {
        var text = (item as RegoString ?? throw BuiltinError.Failed("element must be string")).Value;
        if (IpNetwork.TryParseAddress(text) is not { } address)
        {
            var network = Network(item);
            return network with { Address = network.First };
        }

        if (address.IsV6)
        {
            throw BuiltinError.Failed("IPv6 invalid: needs prefix length");
        }

        var length = (int)(address.Address >> 24) switch { < 0x80 => 8, < 0xC0 => 16, _ => 24 };
        return address with { PrefixLength = length };
    }

    private static List<IpNetwork> MergeRanges(IReadOnlyList<IpNetwork> sorted)
    {
        var result = new List<IpNetwork>();
        for (var i = 0; i < sorted.Count;)
        {
            var (first, last, from) = (sorted[i].First, sorted[i].Last, i);
            for (i++; i < sorted.Count && (sorted[i].First <= last || sorted[i].First - 1 == last); i++)
            {
                last = UInt128.Max(last, sorted[i].Last);
            }

            if (i == from + 1)
            {
                result.Add(sorted[from]);
            }
            else
            {
                Cover(result, first, last, sorted[from].IsV6);
            }
        }

        return result;
    }

    /// <summary>
    /// From the first address on, always the largest network that begins there and does not reach too far.
    /// </summary>
    private static void Cover(List<IpNetwork> result, UInt128 first, UInt128 last, bool isV6)
    {
        while (true)
        {
            var network = new IpNetwork(first, isV6 ? 128 : 32, isV6);
            while (network.PrefixLength > 0)
            {
                var wider = network with { PrefixLength = network.PrefixLength - 1 };
                if (wider.First != first || wider.Last > last)
                {
                    break;
                }

                network = wider;
            }

            result.Add(network);
            if (network.Last >= last)
            {
                return;
            }

            first = network.Last + 1;
        }
    }
}
