using System.Runtime.InteropServices;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>The world that a query sees: <c>with</c> makes another one for a while, with memories of its own.</summary>
internal sealed class Scope(Scope? parent, RegoValue? input, RegoValue data, ScopeSizes sizes)
{
    private const int Few = 256;

    private readonly RegoValue?[] _documents = sizes.Groups <= Few ? new RegoValue?[sizes.Groups] : [];
    private Dictionary<int, RegoValue?>? _manyDocuments;
    private RegoValue?[]? _inputPaths;
    private CallMemory? _calls;

    public Scope? Parent => parent;

    /// <summary>Changed only before anything was asked in this scope.</summary>
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

    public bool IsKnown(int group) => Document(group) is not null;

    /// <summary>The place of what lies at a path of the input.</summary>
    public ref RegoValue? InputPath(int place) =>
        ref (_inputPaths ??= new RegoValue?[sizes.InputPaths])[place];

    /// <summary>What functions gave in this world.</summary>
    public CallMemory Calls => _calls ??= new CallMemory();

    /// <summary>The same world again, to be changed.</summary>
    public Scope Enter(bool keepsMocks = true) => new(this, Input, Data, sizes)
    {
        Overlay = Overlay,
        Mocks = keepsMocks ? Mocks : null,
    };
}

/// <summary>How many documents and paths of the input a scope may have to remember.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScopeSizes(int Groups, int InputPaths);
