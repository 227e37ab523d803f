using System.Text.Json;

namespace Writ.Rego.Builtins.Templates;

/// <summary>Cuts the inside of one action into tokens.</summary>
internal static class TemplateLexer
{
    public static List<TemplateToken> Read(string action)
    {
        var tokens = new List<TemplateToken>();
        var followsSpace = true;
        for (var at = 0; at < action.Length;)
        {
            if (char.IsWhiteSpace(action[at]))
            {
                followsSpace = true;
                at++;
                continue;
            }

            var (kind, text, length) = One(action, at);
            tokens.Add(new TemplateToken(kind, text, followsSpace));
            followsSpace = false;
            at += length;
        }

        return tokens;
    }

    private static (TemplateTokenKind Kind, string Text, int Length) One(string action, int at)
    {
        var c = action[at];
        if (c is '"' or '`')
        {
            return Quoted(action, at);
        }

        if (c is '.' or '$')
        {
            var name = Word(action, at + 1);
            var kind = c == '$' ? TemplateTokenKind.Variable
                : name.Length == 0 ? TemplateTokenKind.Dot : TemplateTokenKind.Field;
            return (kind, name, name.Length + 1);
        }

        if (char.IsAsciiDigit(c) || (c is '-' or '+' && at + 1 < action.Length && char.IsAsciiDigit(action[at + 1])))
        {
            var end = at + 1;
            while (end < action.Length && (char.IsAsciiLetterOrDigit(action[end]) || action[end] is '.' or '_'))
            {
                end++;
            }

            return (TemplateTokenKind.Number, action[at..end], end - at);
        }

        if (char.IsLetter(c) || c == '_')
        {
            var word = Word(action, at);
            return (TemplateTokenKind.Word, word, word.Length);
        }

        return action.AsSpan(at).StartsWith(":=")
            ? (TemplateTokenKind.Sign, ":=", 2)
            : c is '(' or ')' or '|' or ',' or '='
                ? (TemplateTokenKind.Sign, c.ToString(), 1)
                : throw Bad($"unexpected {c} in template");
    }

    private static string Word(string action, int start)
    {
        var end = start;
        while (end < action.Length && (char.IsLetterOrDigit(action[end]) || action[end] == '_'))
        {
            end++;
        }

        return action[start..end];
    }

    private static (TemplateTokenKind Kind, string Text, int Length) Quoted(string action, int at)
    {
        var quote = action[at];
        var end = at + 1;
        while (end < action.Length && action[end] != quote)
        {
            end += quote == '"' && action[end] == '\\' ? 2 : 1;
        }

        if (end >= action.Length)
        {
            throw Bad("unterminated quoted string");
        }

        var inner = action[(at + 1)..end];
        return (TemplateTokenKind.Text, quote == '`' ? inner : Unescaped(inner), end + 1 - at);
    }

    private static string Unescaped(string inner)
    {
        try
        {
            return JsonSerializer.Deserialize<string>($"\"{inner}\"") ?? "";
        }
        catch (JsonException)
        {
            throw Bad("bad escape in quoted string");
        }
    }

    public static BuiltinError Bad(string what) => BuiltinError.Failed($"template: template: {what}");
}
