namespace Writ.Rego.Types;

/// <summary>What a function takes and gives.</summary>
/// <param name="Arguments">The types of its arguments, in order.</param>
/// <param name="Variadic">The type of any number of further arguments; null when there are none.</param>
/// <param name="Result">What it gives; null when it gives nothing, as <c>print</c>.</param>
public sealed record FunctionType(IReadOnlyList<RegoType> Arguments, RegoType? Variadic, RegoType? Result)
{
    /// <summary>Reads what is written as <c>(number, array[any], string...) =&gt; boolean</c>.</summary>
    /// <exception cref="FormatException">The text is no function's type.</exception>
    public static FunctionType Parse(string text) => TypeParser.ParseFunction(text);

    /// <inheritdoc />
    public override string ToString()
    {
        var arguments = Arguments.Select(a => a.ToString()).Concat(Variadic is null ? [] : [$"{Variadic}..."]);
        return $"({string.Join(", ", arguments)})" + (Result is null ? "" : $" => {Result}");
    }

    /// <inheritdoc />
    public bool Equals(FunctionType? other) =>
        other is not null && Arguments.SequenceEqual(other.Arguments) && Equals(Variadic, other.Variadic)
        && Equals(Result, other.Result);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Arguments.Count, Result);
}
