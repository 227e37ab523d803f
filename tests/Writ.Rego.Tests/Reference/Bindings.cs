using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>
/// The variables of a body and of those around it, the innermost first. One without a value waits for it; one that is
/// not here at all is no local variable.
/// </summary>
internal sealed record Bindings(string Name, RegoValue? Value, Bindings? Outer)
{
    public static Bindings Empty { get; } = new("", null, null);

    public Bindings? Find(string name)
    {
        for (var one = this; one is not null; one = one.Outer)
        {
            if (one.Name == name)
                return one;
        }

        return null;
    }

    public Bindings Declare(IEnumerable<string> names) =>
        names.Aggregate(this, (all, name) => new Bindings(name, null, all));

    public Bindings Bind(string name, RegoValue value) => new(name, value, this);
}
