using System.Buffers.Binary;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>What a policy learns of, and tells to, the program around it.</summary>
internal static class RuntimeBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("opa.runtime", "() => object[string: any]", (c, _) => c.Runtime) { IsDeterministic = false },
        new("trace", "(string) => boolean", Trace),
        new("print", "(any...)", (_, _) => RegoBoolean.True),
        new("internal.print", "(array[set[any]])", Print),
        new("internal.test_case", "(array[any])", (_, _) => RegoBoolean.True),
        new("rand.intn", "(string, number) => number", Random) { IsDeterministic = false },
    ];

    private static RegoBoolean Trace(BuiltinContext context, Operands a)
    {
        context.Trace?.Invoke(a.Text(0));
        return RegoBoolean.True;
    }

    /// <summary>
    /// Each operand comes as the set of its values: none when it is undefined, several when it has several. One line
    /// for each combination.
    /// </summary>
    private static RegoBoolean Print(BuiltinContext context, Operands a)
    {
        if (context.Print is null)
        {
            return RegoBoolean.True;
        }

        List<string> lines = [""];
        foreach (var item in a.Array(0))
        {
            var shown = item is RegoSet { Count: > 0 } values
                ? values.Select(value => Shown(context, value)).ToArray()
                : ["<undefined>"];
            context.CheckItems((long)lines.Count * shown.Length);
            lines = [.. lines.SelectMany(line => shown.Select(one => line.Length == 0 ? one : $"{line} {one}"))];
        }

        lines.ForEach(context.Print);
        return RegoBoolean.True;
    }

    private static string Shown(BuiltinContext context, RegoValue value) =>
        value is RegoString text ? text.Value : TermText.Write(value, context.CheckText);

    /// <summary>The same number for the same key all through a query.</summary>
    private static RegoValue Random(BuiltinContext context, Operands a)
    {
        var (key, limit) = (a.Text(0), a.Integer(1));
        var range = (UInt128)Int128.Abs(limit);
        return limit == 0
            ? RegoNumber.Zero
            : context.Remember("rand.intn", RegoArray.Of(RegoString.Of(key), RegoNumber.Of(limit)), () =>
            {
                var bytes = new byte[16];
                context.Randomness(bytes);
                return RegoNumber.Of((long)(BinaryPrimitives.ReadUInt128LittleEndian(bytes) % range));
            });
    }
}
