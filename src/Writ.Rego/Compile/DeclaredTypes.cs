using Writ.Rego.Builtins;
using Writ.Rego.Resolve;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>
/// What schemas say of the input and of documents: for all rules where one is the input's, and for those above which an
/// annotation <c>schemas</c> stands.
/// </summary>
internal sealed class DeclaredTypes(SchemaSet schemas, MetadataSet metadata, Diagnostics problems)
{
    private const string Root = "schema";

    private readonly Dictionary<RegoValue, RegoType?> _types = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<RegoValue, One[]> _read = [];
    private readonly HashSet<(RegoValue, Span)> _told = [];

    /// <summary>What holds where no rule is.</summary>
    public IReadOnlyList<One> Everywhere(Span span) =>
        schemas.Input is { } schema && TypeOf(schema, span) is { } type ? [new("input", [], type)] : [];

    /// <summary>What holds in a rule; what stands nearer to it comes first.</summary>
    public IReadOnlyList<One> In(ResolvedRule rule)
    {
        var declared = new List<One>();
        foreach (var entry in metadata.Chain(rule.Module, rule.Source))
        {
            if (((RegoObject)entry).TryGet("annotations", out var annotations)
                && ((RegoObject)annotations).TryGet("schemas", out var list) && list is RegoArray)
            {
                declared.AddRange(Read(list, rule.Source.Span));
            }
        }

        declared.AddRange(Everywhere(rule.Source.Span));
        return declared;
    }

    private One[] Read(RegoValue list, Span span)
    {
        if (_read.TryGetValue(list, out var known))
            return known;
        var read = new List<One>();
        foreach (var one in ((RegoArray)list).Span.ToArray().OfType<RegoObject>())
        {
            // As it was written, or as the metadata tell it.
            var (path, source) = one.TryGet("path", out var words) && words is RegoArray parts
                ? (Words(parts), one.TryGet("schema", out var told) ? told
                    : one.TryGet("definition", out var own) ? own : RegoNull.Instance)
                : one.FirstOrDefault() is { Key: RegoString text, Value: var value } ? (Words(text.Value), value)
                : ([], RegoNull.Instance);
            if (path.Count > 0 && path[0] is RegoString { Value: "input" or "data" } head
                && SchemaOf(source, span) is { } schema && TypeOf(schema, span) is { } type)
            {
                read.Add(new One(head.Value, [.. path.Skip(1)], type));
            }
        }

        return _read[list] = [.. read];
    }

    /// <summary>The schema itself, or the one that has this name.</summary>
    private RegoValue? SchemaOf(RegoValue source, Span span)
    {
        if (source is RegoObject)
            return source;
        var name = source switch
        {
            RegoArray parts => Words(parts),
            RegoString text => Words(text.Value),
            _ => [],
        };
        if (schemas.IsEmpty)
            return null;
        var found = name is [RegoString { Value: Root }, ..]
            ? schemas.Find([.. name.Skip(1).Select(word => (word as RegoString)?.Value ?? word.ToString())])
            : null;
        if (found is null)
            Tell(source, span, $"undefined schema: {(source as RegoString)?.Value ?? source.ToString()}");
        return found;
    }

    private RegoType? TypeOf(RegoValue schema, Span span)
    {
        if (_types.TryGetValue(schema, out var known))
            return known;
        try
        {
            return _types[schema] = SchemaTypes.Of(schema);
        }
        catch (BuiltinError error)
        {
            Tell(schema, span, error.Message);
            return _types[schema] = null;
        }
    }

    private void Tell(RegoValue source, Span span, string message)
    {
        if (_told.Add((source, span)))
            problems.Add(span, ErrorCodes.Type, message);
    }

    private static List<RegoValue> Words(RegoArray parts) => [.. parts.Span];

    /// <summary>A reference as annotations write it: <c>input.request</c>, <c>schema["my-schema"]</c>.</summary>
    private static List<RegoValue> Words(string text)
    {
        try
        {
            return ModuleParser.ParseTerm(new SourceText("", text)) switch
            {
                Term.Variable variable => [RegoString.Of(variable.Name)],
                Term.Reference { Head: Term.Variable head } reference =>
                [
                    RegoString.Of(head.Name),
                    .. reference.Path.Select(part => (part as Term.Literal)?.Value).OfType<RegoValue>(),
                ],
                _ => [],
            };
        }
        catch (RegoError)
        {
            return [];
        }
    }

    /// <summary>What a schema says of one document.</summary>
    /// <param name="Head"><c>input</c> or <c>data</c>.</param>
    /// <param name="Path">Where it lies below that.</param>
    /// <param name="Type">Its type.</param>
    public sealed record One(string Head, RegoValue[] Path, RegoType Type);
}
