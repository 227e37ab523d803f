namespace Writ.Rego.Tests.Generated;

/// <summary>What a generated term may name where it stands.</summary>
internal sealed class GeneratorScope(GeneratorScope? outer)
{
    private readonly List<string> _bound = outer is null ? [] : [.. outer._bound];
    private readonly List<string> _waiting = [];

    /// <summary>Whether a key that is a new variable binds it: not below <c>not</c>.</summary>
    public bool CanBind { get; set; } = true;

    public IReadOnlyList<string> Bound => _bound;

    public void Bind(string name)
    {
        if (!_bound.Contains(name))
            _bound.Add(name);
    }

    /// <summary>A variable that the expression at hand binds, and those after it may use.</summary>
    public void BindNext(string name) => _waiting.Add(name);

    public void EndExpression()
    {
        _waiting.ForEach(Bind);
        _waiting.Clear();
    }
}
