using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>The values that a built-in was called with, and the errors that it gives when they are others.</summary>
/// <param name="values">The values, in order.</param>
public readonly ref struct Operands(ReadOnlySpan<RegoValue> values)
{
    private readonly ReadOnlySpan<RegoValue> _values = values;

    /// <summary>How many.</summary>
    public int Count => _values.Length;

    /// <summary>The n-th from 0, of any kind.</summary>
    public RegoValue this[int index] => _values[index];

    /// <summary>The n-th, which must be a string.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public string Text(int index) => (_values[index] as RegoString ?? throw Wrong(index, "string")).Value;

    /// <summary>The n-th, which must be a number.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public RegoNumber Number(int index) => _values[index] as RegoNumber ?? throw Wrong(index, "number");

    /// <summary>The n-th, which must be an integer that is written as one and has 64 bits.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public long Integer(int index) => Number(index) is { IsWrittenAsInteger: true } number
        && number.TryGetInt64(out var value)
        ? value
        : throw Invalid(index, "must be integer number but got floating-point number");

    /// <summary>The n-th, which must be an integer however it is written.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public BigInteger BigInteger(int index) => (_values[index] as RegoNumber ?? throw Wrong(index, "integer"))
        .TryGetBigInteger(out var value)
        ? value
        : throw Invalid(index, "must be integer number but got floating-point number");

    /// <summary>The n-th, which must be an array.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public RegoArray Array(int index) => _values[index] as RegoArray ?? throw Wrong(index, "array");

    /// <summary>The n-th, which must be a set.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public RegoSet Set(int index) => _values[index] as RegoSet ?? throw Wrong(index, "set");

    /// <summary>The n-th, which must be an object.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public RegoObject Object(int index) => _values[index] as RegoObject ?? throw Wrong(index, "object");

    /// <summary>The items of the n-th, which must be an array or a set; those of a set in order.</summary>
    /// <exception cref="BuiltinError">It is neither.</exception>
    public ReadOnlySpan<RegoValue> Items(int index) => _values[index] switch
    {
        RegoArray array => array.Span,
        RegoSet set => set.ToArray(),
        _ => throw Wrong(index, "array", "set"),
    };

    /// <summary>The texts of the n-th, which must be an array or a set of strings.</summary>
    /// <exception cref="BuiltinError">It is not.</exception>
    public string[] Texts(int index)
    {
        var items = Items(index);
        var texts = new string[items.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = (items[i] as RegoString ?? throw WrongItem(index, items[i], "string")).Value;
        }

        return texts;
    }

    /// <summary>The error that the n-th is of a wrong kind.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <param name="expected">The kinds that it may be.</param>
    public BuiltinError Wrong(int index, params ReadOnlySpan<string> expected)
    {
        var kinds = expected.Length == 1 ? expected[0] : $"one of {{{string.Join(", ", expected!)}}}";
        return Invalid(index, $"must be {kinds} but got {_values[index].KindName}");
    }

    /// <summary>The error that the n-th holds something of a wrong kind.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <param name="item">What it holds.</param>
    /// <param name="expected">The kinds that it may hold.</param>
    public BuiltinError WrongItem(int index, RegoValue item, params ReadOnlySpan<string> expected)
    {
        var whole = _values[index].KindName;
        var kinds = expected.Length == 1 ? $"{expected[0]}s" : $"(any of) {{{string.Join(", ", expected!)}}}";
        return Invalid(index, $"must be {whole} of {kinds} but got {whole} containing {item.KindName}");
    }

    /// <summary>The error that something else is wrong with the n-th.</summary>
    /// <param name="index">Which one, from 0.</param>
    /// <param name="message">What it must be.</param>
    public static BuiltinError Invalid(int index, string message) =>
        new("eval_type_error", $"operand {index + 1} {message}");
}
