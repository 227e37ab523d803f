using System.Runtime.InteropServices;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>The world that a query sees: <c>with</c> makes another one for a while, with memories of its own.</summary>
internal sealed class Scope(Scope? parent, RegoValue? input, RegoValue data, int groups)
{
    private const int Few = 256;

    private readonly RegoValue?[] _documents = groups <= Few ? new RegoValue?[groups] : [];
    private Dictionary<int, RegoValue?>? _manyDocuments;
    private Dictionary<CallKey, RegoValue>? _calls;

    public Scope? Parent => parent;

    public RegoValue? Input { get; set; } = input;

    /// <summary>The base documents, with what <c>with</c> put in their place.</summary>
    public RegoValue Data { get; set; } = data;

    /// <summary>Where <c>with</c> hides rules; null when nowhere.</summary>
    public Overlay? Overlay { get; set; }

    /// <summary>What is called instead of a function: a value, a built-in or a group of rules.</summary>
    public Dictionary<object, object>? Mocks { get; set; }

    /// <summary>The place of a document in the memory; valid until another is asked for.</summary>
    public ref RegoValue? Document(int group)
    {
        if (group < _documents.Length)
            return ref _documents[group];
        return ref CollectionsMarshal.GetValueRefOrAddDefault(_manyDocuments ??= [], group, out _);
    }

    public bool TryRecall(in CallKey key, out RegoValue? result)
    {
        result = null;
        return _calls is not null && _calls.TryGetValue(key, out result);
    }

    public void Remember(in CallKey key, RegoValue result) => (_calls ??= [])[key] = result;

    /// <summary>The same world again, to be changed.</summary>
    public Scope Enter(bool keepsMocks = true) => new(this, Input, Data, groups)
    {
        Overlay = Overlay,
        Mocks = keepsMocks ? Mocks : null,
    };
}
