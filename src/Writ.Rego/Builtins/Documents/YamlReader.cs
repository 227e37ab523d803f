using System.Globalization;
using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Values;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Writ.Rego.Builtins.Documents;

/// <summary>
/// The first document of a YAML text as JSON has it: keys become strings, plain scalars what YAML takes them for.
/// Aliases share what they name; what they would write out is bounded, so that a small text makes no huge value.
/// </summary>
internal sealed class YamlReader
{
    private const int MaxDepth = 500;
    private const long MaxNodes = 1_000_000;

    private readonly Parser _parser;
    private readonly Dictionary<string, (RegoValue Value, long Nodes)> _anchors = new(StringComparer.Ordinal);
    private long _nodes;

    private YamlReader(string text) => _parser = new Parser(new StringReader(text));

    public static RegoValue Read(string text)
    {
        try
        {
            var reader = new YamlReader(text);
            reader._parser.Consume<StreamStart>();
            if (!reader._parser.TryConsume<DocumentStart>(out _))
            {
                return RegoNull.Instance;
            }

            var value = reader.ReadNode(0);
            reader._parser.Consume<DocumentEnd>();

            // What follows does not count, but must be YAML.
            while (reader._parser.MoveNext())
            {
                Work.Tick();
            }

            return value;
        }
        catch (YamlException error)
        {
            var words = error.Message;
            var at = words.IndexOf("did not find", StringComparison.OrdinalIgnoreCase);
            words = (at < 0 ? words : words[at..]).TrimEnd('.');

            // As the field's parser counts: from 0 where a structure breaks, from 1 where a token does.
            var line = error is SyntaxErrorException ? error.Start.Line : error.Start.Line - 1;
            throw BuiltinError.Failed(line > 0 ? $"yaml: line {line}: {words}" : $"yaml: {words}");
        }
        catch (Exception error) when (IsOfScanner(error))
        {
            // Such as an alias within a flow sequence that does not end, or a tag that is none.
            throw BuiltinError.Failed("yaml: the text does not hold together");
        }
    }

    /// <summary>What the scanner itself throws at some broken texts.</summary>
    private static bool IsOfScanner(Exception error) => error is InvalidOperationException or ArgumentException
        or FormatException or ArithmeticException or IndexOutOfRangeException;

    private RegoValue ReadNode(int depth)
    {
        if (depth > MaxDepth)
        {
            throw BuiltinError.Failed("yaml: exceeded max depth");
        }

        Count(1);
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var known))
            {
                throw BuiltinError.Failed($"yaml: unknown anchor '{alias.Value}' referenced");
            }

            Count(known.Nodes);
            return known.Value;
        }

        var before = _nodes;
        var anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        var value = _parser.TryConsume<Scalar>(out var scalar) ? Resolve(scalar)
            : _parser.TryConsume<SequenceStart>(out _) ? ReadSequence(depth)
            : ReadMapping(depth);
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = (value, _nodes - before + 1);
        }

        return value;
    }

    private RegoArray ReadSequence(int depth)
    {
        var items = new List<RegoValue>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return RegoArray.Own([.. items]);
    }

    private RegoObject ReadMapping(int depth)
    {
        _parser.Consume<MappingStart>();
        var members = new RegoObject.Builder();
        var merged = new List<RegoValue>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var isMerge = _parser.Current is Scalar { IsPlainImplicit: true, Value: "<<" };
            var key = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            if (isMerge)
            {
                merged.AddRange(value is RegoArray several ? several.Span : [value]);
            }
            else
            {
                members.Set(KeyOf(key), value);
            }
        }

        // What stands there itself comes before what is merged in, and the first merged before the others.
        foreach (var (key, value) in merged.SelectMany(map => map as RegoObject
            ?? throw BuiltinError.Failed("yaml: map merge requires map or sequence of maps as the value")))
        {
            members.TryAdd(key, value, out _);
        }

        return members.Build();
    }

    private static RegoString KeyOf(RegoValue key) => key switch
    {
        RegoString text => text,
        RegoNumber or RegoBoolean or RegoNull => RegoString.Of(key.ToJson()),
        _ => throw BuiltinError.Failed("yaml: unsupported map key"),
    };

    private void Count(long nodes)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
        {
            throw BuiltinError.Failed("yaml: document contains excessive aliasing");
        }
    }

    private static RegoValue Resolve(Scalar scalar)
    {
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        return tag switch
        {
            "tag:yaml.org,2002:str" => RegoString.Of(scalar.Value),
            "tag:yaml.org,2002:binary" => RegoString.OfUtf8(Base64Text.Decode(scalar.Value, isUrl: false)),
            _ when scalar.IsPlainImplicit || tag.Length > 0 => OfPlain(scalar.Value),
            _ => RegoString.Of(scalar.Value),
        };
    }

    /// <summary>What a scalar without quotes is: of YAML's words for booleans, those of its version 1.2.</summary>
    public static RegoValue OfPlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => RegoNull.Instance,
        "true" or "True" or "TRUE" => RegoBoolean.True,
        "false" or "False" or "FALSE" => RegoBoolean.False,
        ".nan" or ".NaN" or ".NAN" => throw BuiltinError.Failed("json: unsupported value: NaN"),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" =>
            throw BuiltinError.Failed("json: unsupported value: +Inf"),
        "-.inf" or "-.Inf" or "-.INF" => throw BuiltinError.Failed("json: unsupported value: -Inf"),
        _ => NumberOf(text) ?? (RegoValue)RegoString.Of(text),
    };

    private static RegoNumber? NumberOf(string text)
    {
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
        {
            return null;
        }

        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var digits = plain.TrimStart('+', '-');
        var isNegative = plain.StartsWith('-');
        if (plain.Length - digits.Length > 1)
        {
            return null;
        }

        var radix = digits.Length > 2 && digits[0] == '0' ? digits[1] switch
        {
            'x' or 'X' => 16,
            'o' or 'O' => 8,
            'b' or 'B' => 2,
            _ => 10,
        }
        : 10;
        if (radix != 10)
        {
            return OfRadix(digits[2..], radix, isNegative);
        }

        if (digits.Length > 1 && digits[0] == '0' && digits.All(c => c is >= '0' and <= '7'))
        {
            return OfRadix(digits, 8, isNegative);
        }

        if (digits.Length > 0 && digits.AsSpan().Trim('0').IsEmpty)
        {
            return RegoNumber.Zero;
        }

        return RegoNumber.TryParse((isNegative ? "-" : "") + digits, out var number) ? number : FloatOf(plain);
    }

    private static RegoNumber? OfRadix(string digits, int radix, bool isNegative)
    {
        var value = System.Numerics.BigInteger.Zero;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix || digits.Length > 1000)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return digits.Length == 0 ? null : RegoNumber.Of(isNegative ? -value : value);
    }

    /// <summary>Points at either end and signs are more than JSON allows.</summary>
    private static RegoNumber? FloatOf(string text) =>
        text.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '+' or '-') && text.Any(char.IsAsciiDigit)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value)
            ? RegoNumber.Of(value)
            : null;
}
