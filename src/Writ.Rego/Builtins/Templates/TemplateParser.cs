namespace Writ.Rego.Builtins.Templates;

/// <summary>Reads Go's text templates.</summary>
internal sealed class TemplateParser
{
    private const int MaxDepth = 100;

    private readonly Queue<(bool IsAction, string Text)> _pieces = new();
    private readonly Dictionary<string, IReadOnlyList<TemplateNode>> _named = new(StringComparer.Ordinal);
    private int _depth;

    private TemplateParser(string text) => Cut(text);

    /// <summary>The template under the empty name, and those that it defines.</summary>
    public static Dictionary<string, IReadOnlyList<TemplateNode>> Parse(string text)
    {
        var parser = new TemplateParser(text);
        var nodes = parser.ReadNodes(out var end);
        parser._named[""] = end.Length == 0 ? nodes : throw TemplateLexer.Bad($"unexpected {{{{{end}}}}}");
        return parser._named;
    }

    /// <summary>Hyphens at the braces take the white space off the text beside them.</summary>
    private void Cut(string text)
    {
        var trims = false;
        for (var at = 0; at <= text.Length;)
        {
            var open = text.IndexOf("{{", at, StringComparison.Ordinal);
            var plain = open < 0 ? text[at..] : text[at..open];
            plain = trims ? plain.TrimStart() : plain;
            if (open < 0)
            {
                _pieces.Enqueue((false, plain));
                return;
            }

            var isComment = text.AsSpan(open + 2).TrimStart('-').TrimStart().StartsWith("/*");
            var close = CloseOf(text, open + 2, isComment);
            var action = text[(open + 2)..close];
            var trimsBefore = action.StartsWith("- ", StringComparison.Ordinal) || (isComment && action[0] == '-');
            trims = action.EndsWith(" -", StringComparison.Ordinal) || (isComment && action[^1] == '-');
            _pieces.Enqueue((false, trimsBefore ? plain.TrimEnd() : plain));
            if (!isComment)
            {
                _pieces.Enqueue((true, action[(trimsBefore ? 1 : 0)..(action.Length - (trims ? 1 : 0))]));
            }

            at = close + 2;
        }
    }

    /// <summary>Where the braces close that are not within a text.</summary>
    private static int CloseOf(string text, int start, bool isComment)
    {
        if (isComment)
        {
            var end = text.IndexOf("*/", start, StringComparison.Ordinal);
            start = end < 0 ? throw TemplateLexer.Bad("unclosed comment") : end + 2;
        }

        for (var at = start; at < text.Length - 1; at++)
        {
            if (text[at] is '"' or '`')
            {
                var quote = text[at];
                for (at++; at < text.Length && text[at] != quote; at++)
                {
                    at += quote == '"' && text[at] == '\\' ? 1 : 0;
                }
            }
            else if (text[at] == '}' && text[at + 1] == '}')
            {
                return at;
            }
        }

        throw TemplateLexer.Bad("unclosed action");
    }

    /// <summary>Nodes up to what ends them: nothing, or the action <c>end</c> or <c>else</c>.</summary>
    private List<TemplateNode> ReadNodes(out string end)
    {
        Enter();
        var nodes = new List<TemplateNode>();
        while (_pieces.TryDequeue(out var piece))
        {
            if (!piece.IsAction)
            {
                nodes.Add(new TemplateNode.Text(piece.Text));
                continue;
            }

            var tokens = TemplateLexer.Read(piece.Text);
            var word = tokens is [{ Kind: TemplateTokenKind.Word, Text: var text }, ..] ? text : "";
            if (word is "end" or "else")
            {
                _depth--;
                end = piece.Text.Trim();
                return nodes;
            }

            if (ReadAction(word, tokens) is { } node)
            {
                nodes.Add(node);
            }
        }

        _depth--;
        end = "";
        return nodes;
    }

    private TemplateNode? ReadAction(string word, List<TemplateToken> tokens)
    {
        switch (word)
        {
            case "if" or "with" or "range":
                return ReadBranch(word, tokens[1..]);
            case "break" or "continue":
                return new TemplateNode.Jump(word is "break");
            case "template" or "define" or "block":
                var name = tokens is [_, { Kind: TemplateTokenKind.Text, Text: var text }, ..]
                    ? text
                    : throw TemplateLexer.Bad($"missing name in {word}");
                if (word is not "template")
                {
                    _named[name] = ReadBody(word);
                }

                var rest = tokens[2..];
                return word is "define"
                    ? null
                    : new TemplateNode.Call(name, rest.Count == 0 ? null : TemplatePipeReader.Read(rest));
            default:
                return new TemplateNode.Action(TemplatePipeReader.Read(tokens));
        }
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw TemplateLexer.Bad("nested too deeply");
        }
    }

    private List<TemplateNode> ReadBody(string word)
    {
        var body = ReadNodes(out var end);
        return end is "end" ? body : throw TemplateLexer.Bad($"unexpected end of {word}");
    }

    private TemplateNode.Branch ReadBranch(string word, List<TemplateToken> tokens)
    {
        var pipe = tokens.Count > 0
            ? TemplatePipeReader.Read(tokens)
            : throw TemplateLexer.Bad($"missing value for {word}");
        var body = ReadNodes(out var end);
        List<TemplateNode> other = [];
        if (end is "else")
        {
            other = ReadBody(word);
        }
        else if (end.StartsWith("else ", StringComparison.Ordinal))
        {
            // Flat as it is written, each stands within the one before.
            Enter();
            var rest = TemplateLexer.Read(end[5..]);
            other = rest is [{ Text: "if" or "with" }, ..]
                ? [ReadBranch(rest[0].Text, rest[1..])]
                : throw TemplateLexer.Bad($"unexpected {end}");
            _depth--;
        }
        else if (end is not "end")
        {
            throw TemplateLexer.Bad("unexpected EOF");
        }

        return new TemplateNode.Branch(word, pipe, body, other);
    }
}
