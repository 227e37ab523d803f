using System.Globalization;
using System.Numerics;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Text;

/// <summary>
/// Go's <c>fmt.Sprintf</c> for what values of the language become: integers, binary fractions, strings. A verb that
/// does not fit its argument is said in the result, <c>%!d(string=a)</c>, and is no error.
/// </summary>
internal ref struct GoFormat
{
    private readonly BuiltinContext _context;
    private readonly ReadOnlySpan<RegoValue> _arguments;
    private readonly string _format;
    private readonly StringBuilder _text = new();
    private int _at;
    private int _next;
    private bool _isReordered;
    private bool _isBadIndex;

    private GoFormat(BuiltinContext context, string format, ReadOnlySpan<RegoValue> arguments)
    {
        _context = context;
        _format = format;
        _arguments = arguments;
    }

    public static string Format(BuiltinContext context, string format, ReadOnlySpan<RegoValue> arguments)
    {
        var go = new GoFormat(context, format, arguments);
        go.Run();
        return go._text.ToString();
    }

    /// <summary>Digits to a radix, with a sign for negative numbers.</summary>
    public static string Integer(BigInteger value, int radix)
    {
        var size = BigInteger.Abs(value);
        var digits = radix switch
        {
            2 => size.ToString("b", CultureInfo.InvariantCulture).TrimStart('0'),
            8 => Octal(size),
            16 => size.ToString("x", CultureInfo.InvariantCulture).TrimStart('0'),
            _ => size.ToString(CultureInfo.InvariantCulture),
        };
        return (value.Sign < 0 ? "-" : "") + (digits is "" ? "0" : digits);
    }

    private static string Octal(BigInteger size)
    {
        var bits = size.ToString("b", CultureInfo.InvariantCulture).TrimStart('0');
        bits = bits.PadLeft((bits.Length + 2) / 3 * 3, '0');
        return string.Concat(bits.Chunk(3).Select(three => (char)('0' + Convert.ToInt32(new string(three), 2))));
    }

    private void Run()
    {
        while (_at < _format.Length)
        {
            var percent = _format.IndexOf('%', _at);
            percent = percent < 0 ? _format.Length : percent;
            _text.Append(_format, _at, percent - _at);
            _at = percent + 1;
            if (percent < _format.Length)
            {
                AddVerb();
            }

            _context.CheckText(_text.Length);
        }

        if (!_isReordered && _next < _arguments.Length)
        {
            var extra = new List<string>();
            foreach (var argument in _arguments[_next..])
            {
                extra.Add(Described(Argument.Of(_context, argument)));
            }

            _text.Append("%!(EXTRA ").AppendJoin(", ", extra).Append(')');
        }
    }

    private void AddVerb()
    {
        var flags = ReadFlags();
        _isBadIndex = false;
        var afterIndex = ReadIndex();
        flags.Width = ReadNumber(ref flags, afterIndex, isWidth: true);
        afterIndex = afterIndex && flags.Width is null;
        if (Peek() == '.')
        {
            _at++;
            _isBadIndex |= afterIndex;
            afterIndex = ReadIndex();
            flags.Precision = ReadNumber(ref flags, afterIndex, isWidth: false) ?? 0;
            if (flags.Precision < 0)
            {
                flags.Precision = null;
            }
        }

        if (!afterIndex)
        {
            ReadIndex();
        }

        if (_at >= _format.Length)
        {
            _text.Append("%!(NOVERB)");
            return;
        }

        var verb = Rune.TryGetRuneAt(_format, _at, out var rune) ? rune : Rune.ReplacementChar;
        _at += ByteText.IsPair(_format, _at) ? 2 : 1;
        AddArgument(verb, flags);
    }

    private void AddArgument(Rune verb, FormatFlags flags)
    {
        if (verb.Value == '%')
        {
            _text.Append('%');
        }
        else if (_isBadIndex)
        {
            _text.Append(CultureInfo.InvariantCulture, $"%!{verb}(BADINDEX)");
        }
        else if (_next >= _arguments.Length)
        {
            _text.Append(CultureInfo.InvariantCulture, $"%!{verb}(MISSING)");
        }
        else
        {
            var argument = Argument.Of(_context, _arguments[_next++]);
            var shown = verb.Value == 'T' ? flags.Padded(argument.Type) : FormatVerbs.Show(argument, verb, flags);
            _text.Append(shown ?? $"%!{verb}({Described(argument)})");
        }
    }

    private static string Described(Argument argument) =>
        $"{argument.Type}={FormatVerbs.Show(argument, new Rune('v'), default)}";

    private readonly char Peek() => _at < _format.Length ? _format[_at] : '\0';

    private FormatFlags ReadFlags()
    {
        var flags = default(FormatFlags);
        for (; ; _at++)
        {
            switch (Peek())
            {
                case '#':
                    flags.Sharp = true;
                    break;
                case '0':
                    flags.Zero = true;
                    break;
                case '+':
                    flags.Plus = true;
                    break;
                case '-':
                    flags.Minus = true;
                    break;
                case ' ':
                    flags.Space = true;
                    break;
                default:
                    return flags;
            }
        }
    }

    /// <summary>Reads <c>[n]</c>, the number of the next argument from 1.</summary>
    private bool ReadIndex()
    {
        if (Peek() != '[')
        {
            return false;
        }

        _isReordered = true;
        var end = _format.IndexOf(']', _at);
        var isNumber = int.TryParse(
            end < 0 ? "" : _format.AsSpan(_at + 1, end - _at - 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out var index);
        _at = end < 0 ? _at + 1 : end + 1;
        if (isNumber && index >= 1 && index <= _arguments.Length)
        {
            _next = index - 1;
            return true;
        }

        _isBadIndex = true;
        return true;
    }

    /// <summary>Reads a width or precision: digits, or <c>*</c> for the next argument.</summary>
    private int? ReadNumber(ref FormatFlags flags, bool afterIndex, bool isWidth)
    {
        const int largest = 1_000_000;
        if (Peek() == '*')
        {
            _at++;
            var given = _next < _arguments.Length ? Argument.Of(_context, _arguments[_next++]).Integer : null;
            if (given is not { } value || BigInteger.Abs(value) > largest)
            {
                _text.Append(isWidth ? "%!(BADWIDTH)" : "%!(BADPREC)");
                return null;
            }

            flags.Minus |= isWidth && value.Sign < 0;
            return isWidth ? (int)BigInteger.Abs(value) : (int)value;
        }

        var start = _at;
        while (char.IsAsciiDigit(Peek()))
        {
            _at++;
        }

        if (_at == start)
        {
            return null;
        }

        _isBadIndex |= afterIndex;
        return int.TryParse(_format.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number) && number <= largest ? number : null;
    }

    /// <summary>What Go would see: an int, a big.Int, a float64 or a string.</summary>
    internal readonly record struct Argument(string Type, BigInteger? Integer, double? Fraction, string? Text)
    {
        public static Argument Of(BuiltinContext context, RegoValue value) => value switch
        {
            RegoNumber { IsWrittenAsInteger: true } number when number.TryGetInt64(out var small) =>
                new("int", small, null, null),
            RegoNumber { IsWrittenAsInteger: true } number when number.TryGetBigInteger(out var big) =>
                new("*big.Int", big, null, null),
            RegoNumber number when double.IsFinite(number.ToDouble()) =>
                new("float64", null, number.ToDouble(), null),
            RegoString text => new("string", null, null, text.Value),
            _ => new("string", null, null, TermText.Write(value, context.CheckText)),
        };
    }
}
