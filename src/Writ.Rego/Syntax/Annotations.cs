using Writ.Rego.Builtins;
using Writ.Rego.Builtins.Documents;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>Reads the <c># METADATA</c> blocks of a module: YAML in comments, each above what it speaks of.</summary>
internal static class Annotations
{
    private const string Title = "METADATA";

    /// <summary>The annotation blocks with the offset of what follows each.</summary>
    public static IReadOnlyList<Annotation> Read(Module module)
    {
        var found = new List<Annotation>();
        var comments = module.Comments;
        for (var i = 0; i < comments.Length; i++)
        {
            if (!comments[i].IsAlone || comments[i].Text.Trim() != Title)
                continue;
            var first = i;
            var lines = new List<string>();
            while (i + 1 < comments.Length && IsNextLine(comments[i], comments[i + 1]))
            {
                lines.Add(comments[++i].Text);
            }

            found.Add(Parse(module, lines, comments[first].Span, comments[i].Span.End));
        }

        return found;
    }

    private static bool IsNextLine(Comment above, Comment below) =>
        below.IsAlone && below.Span.Row == above.Span.Row + 1;

    private static Annotation Parse(Module module, List<string> lines, Span span, int end)
    {
        var indent = lines.Where(line => line.Trim().Length > 0).Select(Indent).DefaultIfEmpty(0).Min();
        var yaml = string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : ""));
        RegoValue value;
        try
        {
            value = YamlReader.Read(yaml);
        }
        catch (BuiltinError error)
        {
            throw new RegoError(span.Diagnose(ErrorCodes.Parse, error.Message), error);
        }

        if (value is not RegoObject fields)
            throw span.Error(ErrorCodes.Parse, "expected METADATA block, found whitespace");
        var next = module.Rules.Select(rule => rule.Span.Start).Append(module.PackageSpan.Start)
            .Where(start => start >= end).DefaultIfEmpty(-1).Min();
        var isPackage = next == module.PackageSpan.Start;
        var scope = fields.TryGet("scope", out var named) && named is RegoString word ? word.Value
            : isPackage ? "package" : fields.TryGet("entrypoint", out var entry) && entry.Equals(RegoBoolean.True)
                ? "document" : "rule";
        if (scope is not ("rule" or "document" or "package" or "subpackages"))
            throw span.Error(ErrorCodes.Parse, $"invalid scope '{scope}': rule, document, package or subpackages");
        if (next < 0 || (isPackage && scope is "rule" or "document") || (!isPackage && scope is "package"))
            throw span.Error(ErrorCodes.Parse, $"annotation scope '{scope}' cannot be applied here");
        return new Annotation(scope, Normal(fields, scope), next, span);
    }

    private static int Indent(string line) => line.Length - line.TrimStart().Length;

    private static RegoObject Normal(RegoObject fields, string scope)
    {
        var normal = new RegoObject.Builder();
        foreach (var (key, value) in fields)
        {
            normal.Set(key, key.Equals(RegoString.Of("authors")) && value is RegoArray authors
                ? RegoArray.Of(authors.Span.ToArray().Select(Author))
                : key.Equals(RegoString.Of("related_resources")) && value is RegoArray resources
                    ? RegoArray.Of(resources.Span.ToArray().Select(Resource))
                    : value);
        }

        return normal.Set("scope", RegoString.Of(scope)).Build();
    }

    private static RegoValue Resource(RegoValue resource) =>
        resource is RegoString ? new RegoObject.Builder().Set("ref", resource).Build() : resource;

    /// <summary><c>Jane Doe &lt;jane@example.org&gt;</c>.</summary>
    private static RegoValue Author(RegoValue author)
    {
        if (author is not RegoString text)
            return author;
        var words = text.Value.Trim();
        var builder = new RegoObject.Builder();
        if (words.EndsWith('>') && words.LastIndexOf('<') is >= 0 and var at)
        {
            builder.Set("email", RegoString.Of(words[(at + 1)..^1]));
            words = words[..at].TrimEnd();
        }

        return words.Length > 0 ? builder.Set("name", RegoString.Of(words)).Build() : builder.Build();
    }
}
