namespace Writ.Rego.Builtins.Templates;

/// <summary>Reads the pipeline of an action.</summary>
internal sealed class TemplatePipeReader
{
    private const int MaxDepth = 100;

    private readonly List<TemplateToken> _tokens;
    private int _at;
    private int _depth;

    private TemplatePipeReader(List<TemplateToken> tokens) => _tokens = tokens;

    private TemplateToken Current => _at < _tokens.Count ? _tokens[_at] : default;

    public static TemplatePipe Read(List<TemplateToken> tokens)
    {
        var reader = new TemplatePipeReader(tokens);
        var pipe = reader.ReadPipe();
        return reader._at == tokens.Count
            ? pipe
            : throw TemplateLexer.Bad($"unexpected {reader.Current.Text} in action");
    }

    private TemplatePipe ReadPipe()
    {
        if (++_depth > MaxDepth)
        {
            throw TemplateLexer.Bad("nested too deeply");
        }

        var (variables, isDeclaration) = ReadVariables();
        var commands = new List<IReadOnlyList<TemplateTerm>> { ReadCommand() };
        while (Take("|"))
        {
            commands.Add(ReadCommand());
        }

        _depth--;
        return new TemplatePipe(variables, isDeclaration, commands);
    }

    private (List<string> Names, bool IsDeclaration) ReadVariables()
    {
        var (start, names) = (_at, new List<string>());
        while (Current.Kind is TemplateTokenKind.Variable)
        {
            names.Add(_tokens[_at++].Text);
            if (Take(":=") || IsSign("="))
            {
                return (names, !Take("="));
            }

            if (!Take(","))
            {
                break;
            }
        }

        _at = start;
        return ([], false);
    }

    private List<TemplateTerm> ReadCommand()
    {
        var terms = new List<TemplateTerm>();
        while (_at < _tokens.Count && !IsSign("|") && !IsSign(")"))
        {
            terms.Add(ReadTerm());
        }

        return terms.Count > 0 ? terms : throw TemplateLexer.Bad("missing value for command");
    }

    private TemplateTerm ReadTerm()
    {
        var token = _tokens[_at++];
        TemplatePipe? inner = null;
        if (token.Kind is TemplateTokenKind.Sign)
        {
            if (token.Text is not "(")
            {
                throw TemplateLexer.Bad($"unexpected {token.Text} in operand");
            }

            inner = ReadPipe();
            if (!Take(")"))
            {
                throw TemplateLexer.Bad("unclosed left paren");
            }
        }

        var fields = new List<string>();
        if (token.Kind is TemplateTokenKind.Field)
        {
            fields.Add(token.Text);
        }

        while (Current is { Kind: TemplateTokenKind.Field, FollowsSpace: false })
        {
            fields.Add(_tokens[_at++].Text);
        }

        return new TemplateTerm(token, inner, fields);
    }

    private bool IsSign(string sign) => Current.Kind is TemplateTokenKind.Sign && Current.Text == sign;

    private bool Take(string sign)
    {
        if (!IsSign(sign))
        {
            return false;
        }

        _at++;
        return true;
    }
}
