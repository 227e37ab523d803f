using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>Whole files, and queries.</summary>
internal sealed class ModuleParser
{
    private static readonly string[] Roots = ["data", "future", "input", "rego"];

    private readonly TokenReader _tokens;
    private readonly BodyParser _bodies;
    private readonly RuleParser _rules;
    private readonly List<Import> _imports = [];
    private readonly RegoVersion _version;

    private ModuleParser(SourceText source, RegoVersion version, WordTable? words = null)
    {
        _version = version;
        _tokens = new TokenReader(source, version == RegoVersion.V1, words ?? new WordTable());
        _bodies = new BodyParser(_tokens);
        _rules = new RuleParser(_tokens, _bodies) { Version = version };
    }

    /// <summary>A file; of several that are read for one purpose the words are shared.</summary>
    public static Module Parse(SourceText source, RegoVersion version, WordTable? words = null) =>
        new ModuleParser(source, version, words).Parse();

    public static Expression[] ParseQuery(SourceText source, RegoVersion version)
    {
        var parser = new ModuleParser(source, version);
        return parser._bodies.ParseUntil(TokenKind.End);
    }

    /// <summary>A single term, as in tests' inputs and where a path is asked for.</summary>
    public static Term ParseTerm(SourceText source)
    {
        var parser = new ModuleParser(source, RegoVersion.V1);
        var term = parser._bodies.Terms.ParseInfix(allowsPair: false);
        return parser._tokens.Kind == TokenKind.End ? term : throw parser._tokens.Unexpected("expected one term");
    }

    /// <summary>The package that a module says it is of; the rest is not looked at.</summary>
    public static string[] ParsePackage(SourceText source) =>
        Guard.Run(() => new ModuleParser(source, RegoVersion.V1).ParseHead());

    private string[] ParseHead()
    {
        if (_tokens.Kind == TokenKind.End)
            throw _tokens.CurrentSpan.Error(ErrorCodes.Parse, "empty module");
        _tokens.Expect(TokenKind.Package, "package expected");
        return ParsePackage();
    }

    private Module Parse()
    {
        var start = _tokens.Current.Start;
        var package = ParseHead();
        var span = _tokens.From(start);
        var rules = new List<Rule>();
        while (_tokens.Kind != TokenKind.End)
        {
            if (_tokens.TryTakeAsName())
                _rules.Parse(rules);
            else if (_tokens.Kind == TokenKind.Import)
                ParseImport();
            else if (_tokens.Kind == TokenKind.Package)
                throw _tokens.CurrentSpan.Error(
                    ErrorCodes.Parse, "unexpected package: a module has one, first of all");
            else if (!_tokens.Accept(TokenKind.Semicolon))
                _rules.Parse(rules);
        }

        return new Module(
            _tokens.Source, package, span, [.. _imports], [.. rules], [.. _tokens.Comments], _rules.Version);
    }

    private string[] ParsePackage()
    {
        _tokens.TakeAsName();
        var (root, path) = ParsePath(_bodies.Terms.ParseTerm(), "package name");
        return [root.Name, .. path];
    }

    private void ParseImport()
    {
        var start = _tokens.Current.Start;
        _tokens.Advance();
        _tokens.TakeAsName();
        var term = _bodies.Terms.ParseTerm();
        var (root, path) = ParsePath(term, "import path");
        if (!Roots.Contains(root.Name))
        {
            throw term.Span.Error(
                ErrorCodes.Parse,
                $"unexpected import path, must begin with one of: {{{string.Join(", ", Roots)}}}, got: {root.Name} "
                + "(hint: if this is unexpected, try updating OPA)");
        }

        string? alias = null;
        if (_tokens.IsWord(TokenKind.As) && _tokens.Accept(TokenKind.As))
        {
            if (_tokens.Kind != TokenKind.Name)
                throw _tokens.Unexpected("expected var");
            alias = _tokens.TakeName();
        }

        if (alias is null && root.Name != "future" && path is [.., var last] && Keywords.IsKeyword(last, _version))
        {
            throw ((Term.Reference)term).Path[^1].Span.Error(
                ErrorCodes.Parse,
                $"unexpected import path, must not end with a keyword, got: {last} "
                + "(hint: import a different path or use an alias)");
        }

        var import = new Import(root.Name, path, alias, _tokens.From(start));
        if (import.Root == "rego")
            ImportVersion(import, term.Span);
        else if (import.Root == "future")
            ImportKeywords(import, term.Span);
        _imports.Add(import);
    }

    private static (Term.Variable Root, string[] Path) ParsePath(Term term, string what)
    {
        if (term is Term.Variable { IsWildcard: false } name)
            return (name, []);
        if (term is not Term.Reference { Head: Term.Variable { IsWildcard: false } root } reference)
            throw term.Span.Error(ErrorCodes.Parse, $"unexpected {what}: expected a name and string elements");
        var path = reference.Path.Select(part => part is Term.Literal { Value: RegoString text }
            ? text.Value
            : throw part.Span.Error(ErrorCodes.Parse, $"unexpected {what}: expecting string elements"));
        return (root, [.. path]);
    }

    private void ImportVersion(Import import, Span place)
    {
        if (import.Path is not (["v1"] or ["v2"]))
        {
            var path = string.Join('.', import.Path.Prepend(import.Root));
            throw place.Error(ErrorCodes.Parse, $"invalid import `{path}`, must be `rego.v1` or `rego.v2`");
        }

        if (import.Alias is not null && _version == RegoVersion.V0)
            throw place.Error(ErrorCodes.Parse, "`rego` imports cannot be aliased");
        var isSecond = import.Path is ["v2"];
        if (!isSecond && _rules.Version == RegoVersion.V0 && _imports.Any(other => other.Root == "future"))
        {
            throw place.Error(
                ErrorCodes.Parse,
                "the `rego.v1` import implies `future.keywords`, these are therefore mutually exclusive");
        }

        _rules.Version = RegoVersion.V1;
        Enable(TokenKind.In, isSecond ? TokenKind.OrWord : TokenKind.Contains);
        _bodies.Logic.NegatesBodies |= isSecond;
    }

    private void ImportKeywords(Import import, Span place)
    {
        if (import.Path is not (["keywords"] or ["keywords", _]))
            throw place.Error(ErrorCodes.Parse, "invalid import, must be `future.keywords`");
        if (import.Alias is not null)
            throw place.Error(ErrorCodes.Parse, "`future` imports cannot be aliased");
        if (import.Path.Length == 1)
        {
            Enable(TokenKind.In, TokenKind.OrWord);
            _bodies.Logic.NegatesBodies = true;
            return;
        }

        var word = import.Path[1];
        if (!Keywords.Future.Contains(word, StringComparer.Ordinal))
        {
            throw place.Error(
                ErrorCodes.Parse, $"unexpected keyword, must be one of [{string.Join(' ', Keywords.Future)}]");
        }

        if (word == "not")
        {
            _bodies.Logic.NegatesBodies = true;
            return;
        }

        _tokens.Enable(Keywords.Find(word));
        if (word == "every")
            _tokens.Enable(TokenKind.In);
    }

    private void Enable(TokenKind first, TokenKind last)
    {
        for (var kind = first; kind <= last; kind++)
        {
            _tokens.Enable(kind);
        }
    }
}
