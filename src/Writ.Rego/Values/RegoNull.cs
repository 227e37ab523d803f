namespace Writ.Rego.Values;

/// <summary>The value <c>null</c>.</summary>
public sealed class RegoNull : RegoValue
{
    private RegoNull()
    {
    }

    /// <summary>The one null.</summary>
    public static RegoNull Instance { get; } = new();

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.Null;

    /// <inheritdoc />
    public override bool Equals(RegoValue? other) => other is RegoNull;

    /// <inheritdoc />
    public override int GetHashCode() => 0x6e75_6c6c;

    private protected override int CompareSameKind(RegoValue other) => 0;
}
