using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Templates;

/// <summary>One run of a template over a value. What is missing is an error; output and steps are bounded.</summary>
internal sealed class TemplateRun(
    BuiltinContext context, Dictionary<string, IReadOnlyList<TemplateNode>> templates, RegoValue root)
{
    private const int MaxSteps = 1_000_000;
    private const int MaxDepth = 100;

    private readonly StringBuilder _text = new();
    private readonly List<(string Name, RegoValue Value)> _variables = [("", root)];
    private int _steps;
    private int _depth;

    /// <summary>Why a list of nodes ended.</summary>
    private enum Outcome
    {
        Done,
        Break,
        Continue,
    }

    public string Execute()
    {
        Run(templates[""], root);
        return _text.ToString();
    }

    private Outcome Run(IReadOnlyList<TemplateNode> nodes, RegoValue dot)
    {
        if (_depth++ > MaxDepth)
        {
            throw TemplateLexer.Bad("exceeded maximum template depth");
        }

        var scope = _variables.Count;
        var outcome = Outcome.Done;
        for (var i = 0; i < nodes.Count && outcome is Outcome.Done; i++)
        {
            context.CheckText(_text.Length);
            if (++_steps > MaxSteps)
            {
                throw BuiltinError.Limit("a template that takes too many steps");
            }

            outcome = Run(nodes[i], dot);
        }

        _variables.RemoveRange(scope, _variables.Count - scope);
        _depth--;
        return outcome;
    }

    private Outcome Run(TemplateNode node, RegoValue dot)
    {
        switch (node)
        {
            case TemplateNode.Text text:
                _text.Append(text.Value);
                return Outcome.Done;
            case TemplateNode.Action action:
                var value = Evaluate(action.Pipe, dot);
                _text.Append(action.Pipe.Variables.Count == 0 ? TemplateFunctions.Print(context, value) : "");
                return Outcome.Done;
            case TemplateNode.Call call:
                var body = templates.GetValueOrDefault(call.Name)
                    ?? throw TemplateLexer.Bad($"template \"{call.Name}\" not defined");
                Run(body, call.Pipe is null ? RegoNull.Instance : Evaluate(call.Pipe, dot));
                return Outcome.Done;
            case TemplateNode.Jump jump:
                return jump.IsBreak ? Outcome.Break : Outcome.Continue;
            default:
                return RunBranch((TemplateNode.Branch)node, dot);
        }
    }

    private Outcome RunBranch(TemplateNode.Branch branch, RegoValue dot)
    {
        var scope = _variables.Count;
        var outcome = branch.Word is "range" ? RunRange(branch, dot) : RunChoice(branch, dot);
        _variables.RemoveRange(scope, _variables.Count - scope);
        return outcome;
    }

    private Outcome RunChoice(TemplateNode.Branch branch, RegoValue dot)
    {
        var value = Evaluate(branch.Pipe, dot);
        return TemplateFunctions.IsTrue(value)
            ? Run(branch.Body, branch.Word is "with" ? value : dot)
            : Run(branch.Else, dot);
    }

    private Outcome RunRange(TemplateNode.Branch branch, RegoValue dot)
    {
        var pipe = branch.Pipe;
        var items = ItemsOf(Evaluate(pipe with { Variables = [] }, dot));
        if (items.Count == 0)
        {
            return Run(branch.Else, dot);
        }

        foreach (var (key, value) in items)
        {
            var scope = _variables.Count;
            if (pipe.Variables.Count > 0)
            {
                _variables.Add((pipe.Variables[^1], value));
            }

            if (pipe.Variables.Count > 1)
            {
                _variables.Add((pipe.Variables[0], key));
            }

            var outcome = Run(branch.Body, value);
            _variables.RemoveRange(scope, _variables.Count - scope);
            if (outcome is Outcome.Break)
            {
                break;
            }
        }

        return Outcome.Done;
    }

    private List<(RegoValue Key, RegoValue Value)> ItemsOf(RegoValue value) => value switch
    {
        RegoArray array => [.. array.Span.ToArray().Select((item, i) => ((RegoValue)RegoNumber.Of(i), item))],
        RegoSet set => [.. set.Select((item, i) => ((RegoValue)RegoNumber.Of(i), item))],
        RegoObject map => [.. map.Select(member => (member.Key, member.Value))],
        RegoNull => [],
        _ => throw TemplateLexer.Bad($"range can't iterate over {TemplateFunctions.Print(context, value)}"),
    };

    private RegoValue Evaluate(TemplatePipe pipe, RegoValue dot)
    {
        RegoValue? value = null;
        foreach (var command in pipe.Commands)
        {
            value = Evaluate(command, dot, value);
        }

        foreach (var name in pipe.Variables)
        {
            if (pipe.IsDeclaration)
            {
                _variables.Add((name, value!));
            }
            else
            {
                _variables[Find(name)] = (name, value!);
            }
        }

        return value!;
    }

    private RegoValue Evaluate(IReadOnlyList<TemplateTerm> command, RegoValue dot, RegoValue? piped)
    {
        var first = command[0];
        if (first.Token is { Kind: TemplateTokenKind.Word, Text: not ("true" or "false" or "nil") } token)
        {
            return TemplateFunctions.Call(
                context, token.Text, command.Skip(1).Select(term => (Func<RegoValue>)(() => Evaluate(term, dot)))
                    .Concat(piped is null ? [] : [() => piped]));
        }

        return command.Count == 1 && piped is null
            ? Evaluate(first, dot)
            : throw TemplateLexer.Bad($"can't give argument to non-function {first.Token.Text}");
    }

    private RegoValue Evaluate(TemplateTerm term, RegoValue dot)
    {
        var value = term.Token.Kind switch
        {
            TemplateTokenKind.Dot or TemplateTokenKind.Field => dot,
            TemplateTokenKind.Variable => _variables[Find(term.Token.Text)].Value,
            TemplateTokenKind.Text => RegoString.Of(term.Token.Text),
            TemplateTokenKind.Number => RegoNumber.TryParse(term.Token.Text.TrimStart('+'), out var number)
                ? number
                : throw TemplateLexer.Bad($"bad number syntax: {term.Token.Text}"),
            TemplateTokenKind.Word when term.Token.Text is "true" or "false" =>
                RegoBoolean.Of(term.Token.Text is "true"),
            TemplateTokenKind.Word when term.Token.Text is "nil" => RegoNull.Instance,
            TemplateTokenKind.Word => TemplateFunctions.Call(context, term.Token.Text, []),
            _ => Evaluate(term.Inner!, dot),
        };
        foreach (var field in term.Fields)
        {
            value = value switch
            {
                RegoObject map => map.TryGet(field, out var member)
                    ? member
                    : throw TemplateLexer.Bad($"map has no entry for key \"{field}\""),
                RegoNull => throw TemplateLexer.Bad($"nil data; no entry for key \"{field}\""),
                _ => throw TemplateLexer.Bad($"can't evaluate field {field} in type {value.KindName}"),
            };
        }

        return value;
    }

    private int Find(string name)
    {
        var index = _variables.FindLastIndex(variable => variable.Name == name);
        return index >= 0 ? index : throw TemplateLexer.Bad($"undefined variable \"${name}\"");
    }
}
