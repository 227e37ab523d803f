using Writ.Rego.Format;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Lint;

/// <summary>How a module is written.</summary>
internal static class StyleRules
{
    private const string Style = "style";
    private const string Later = "TO" + "DO"; // in one word it would be found in here
    private const string Broken = "FIX" + "ME";
    private const int LongestLine = 120;
    private const int LongestRule = 30;
    private const int LongestFile = 500;

    public static IEnumerable<LintRule> All =>
    [
        new("fmt", Style, "Run writ policy fmt -w.", c =>
        {
            if (new ModulePrinter(c.Module).Print() != c.Module.Source.Text)
                c.Report(c.Module.PackageSpan);
        }),
        new("line-length", Style, "Fold the line: it has more than 120 characters.", c =>
            c.Report(Lines(c.Module.Source).Where(line => line.End - line.Start > LongestLine))),
        new("rule-length", Style, "Make several rules of it: it has more than 30 lines.", c => c.Rules(rule =>
            rule.Span.Text.AsSpan().Count('\n') >= LongestRule)),
        new("file-length", Style, "Make several files of it: it has more than 500 lines.", c =>
        {
            if (c.Module.Source.Text.AsSpan().Count('\n') > LongestFile)
                c.Report(c.Module.PackageSpan);
        }),
        new("prefer-snake-case", Style, "Write names in small letters with underscores.", c => c.Rules(rule =>
            rule.Head.Name.Name.Any(char.IsAsciiLetterUpper))),
        new("use-assignment-operator", Style, "Write := where a rule gets its value.", c => c.Rules(rule =>
            rule.Head.Value is not null && !rule.Head.Form.HasFlag(RuleForm.Assign))),
        new("todo-comment", Style, "Do it, or write it where such things are kept.", c =>
            c.Report(c.Module.Comments.Where(comment => comment.Text.Contains(Later, StringComparison.Ordinal)
                || comment.Text.Contains(Broken, StringComparison.Ordinal)).Select(comment => comment.Span))),
        new("no-whitespace-comment", Style, "Begin a comment with a space.", c =>
            c.Report(c.Module.Comments.Where(comment => comment.Text is [not (' ' or '#' or '!'), ..])
                .Select(comment => comment.Span))),
        new("trailing-default-rule", Style, "Put the default above the rules that it stands in for.", c =>
            c.Rules(rule => rule.IsDefault && c.Module.Rules.Any(other => !other.IsDefault
                && other.Head.Name.Name == rule.Head.Name.Name && other.Span.Start < rule.Span.Start))),
        new("yoda-condition", Style, "Put what is asked first, and what it is compared with second.", c =>
            c.Terms(term => term is Term.Call
            {
                Sign: "==" or "!=" or "<" or "<=" or ">" or ">=",
                Arguments: [Term.Literal, Term.Reference or Term.Variable],
            })),
        new("chained-rule-body", Style, "Write a rule of its own for each body.", c => c.Rules(rule =>
            rule.Head.Form.HasFlag(RuleForm.Chained))),
    ];

    private static IEnumerable<Span> Lines(SourceText source)
    {
        for (var start = 0; start < source.Text.Length;)
        {
            var end = source.Text.IndexOf('\n', start);
            end = end < 0 ? source.Text.Length : end;
            yield return new Span(source, start, end);
            start = end + 1;
        }
    }
}
