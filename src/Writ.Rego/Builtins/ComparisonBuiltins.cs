using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Equality, order, membership.</summary>
internal static class ComparisonBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("eq", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0].Equals(a[1]))) { Infix = "=" },
        new("assign", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0].Equals(a[1]))) { Infix = ":=" },
        new("equal", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0].Equals(a[1]))) { Infix = "==" },
        new("neq", "(any, any) => boolean", (_, a) => RegoBoolean.Of(!a[0].Equals(a[1]))) { Infix = "!=" },
        new("lt", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0] < a[1])) { Infix = "<" },
        new("lte", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0] <= a[1])) { Infix = "<=" },
        new("gt", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0] > a[1])) { Infix = ">" },
        new("gte", "(any, any) => boolean", (_, a) => RegoBoolean.Of(a[0] >= a[1])) { Infix = ">=" },
        new("internal.member_2", "(any, any) => boolean", (_, a) => RegoBoolean.Of(IsMember(a[0], a[1])))
        {
            Infix = "in",
        },
        new("internal.member_3", "(any, any, any) => boolean", (_, a) => RegoBoolean.Of(
            Find(a[2], a[0]) is { } value && value.Equals(a[1])))
        {
            Infix = "in",
        },
    ];

    /// <summary>The value to which a composite value leads under a key; null when it leads nowhere.</summary>
    public static RegoValue? Find(RegoValue container, RegoValue key) => container switch
    {
        RegoObject map => map.TryGet(key, out var value) ? value : null,
        RegoArray array => array.TryGet(key, out var item) ? item : null,
        RegoSet set => set.Find(key),
        _ => null,
    };

    private static bool IsMember(RegoValue value, RegoValue container) => container switch
    {
        RegoSet set => set.Contains(value),
        RegoArray array => array.Span.Contains(value),
        RegoObject map => map.Values.Contains(value),
        _ => false,
    };
}
