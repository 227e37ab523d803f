namespace Writ.Rego.Values;

/// <summary>The values <c>true</c> and <c>false</c>.</summary>
public sealed class RegoBoolean : RegoValue
{
    private RegoBoolean(bool value) => Value = value;

    /// <summary>The one true.</summary>
    public static RegoBoolean True { get; } = new(true);

    /// <summary>The one false.</summary>
    public static RegoBoolean False { get; } = new(false);

    /// <summary>What it says.</summary>
    public bool Value { get; }

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.Boolean;

    /// <summary>One of the two instances.</summary>
    public static RegoBoolean Of(bool value) => value ? True : False;

    /// <inheritdoc />
    public override bool Equals(RegoValue? other) => ReferenceEquals(this, other);

    /// <inheritdoc />
    public override int GetHashCode() => Value ? 0x7472_7565 : 0x66_616c;

    private protected override int CompareSameKind(RegoValue other) => Value.CompareTo(((RegoBoolean)other).Value);
}
