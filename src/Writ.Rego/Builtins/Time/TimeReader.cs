using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Time;

/// <summary>Reads a moment that is written in one of Go's layouts, with Go's leniencies.</summary>
internal ref struct TimeReader
{
    private readonly string _layout;
    private readonly string _value;
    private ReadOnlySpan<char> _rest;
    private LayoutPart _part;
    private long _year;
    private int _month = -1;
    private int _day = -1;
    private int _dayOfYear = -1;
    private int _hour;
    private int _minute;
    private int _second;
    private int _nanoseconds;
    private bool? _isAfternoon;
    private int _offset;

    private TimeReader(string layout, string value)
    {
        _layout = layout;
        _value = value;
        _rest = value;
    }

    public static ZonedTime Read(string layout, string value)
    {
        var reader = new TimeReader(layout, value);
        for (var at = 0; at < layout.Length; at = reader._part.Next)
        {
            reader._part = TimeLayout.Next(layout, at);
            reader.Skip(reader._part.Before);
            reader.ReadField();
        }

        return reader._rest.IsEmpty ? reader.Build() : throw reader.Failed($": extra text: {Quote(reader._rest)}");
    }

    private void ReadField()
    {
        switch (_part.Field)
        {
            case TimeField.LongMonth or TimeField.Month:
                _month = ReadName(Months(_part.Field == TimeField.LongMonth)) + 1;
                break;
            case TimeField.LongWeekday or TimeField.Weekday:
                ReadName(Days(_part.Field == TimeField.LongWeekday));
                break;
            case TimeField.NumberMonth or TimeField.ZeroMonth:
                _month = ReadNumber(1, 12, "month", _part.Field == TimeField.ZeroMonth);
                break;
            case TimeField.Day or TimeField.PaddedDay or TimeField.ZeroDay:
                _rest = _part.Field == TimeField.PaddedDay && _rest is [' ', ..] ? _rest[1..] : _rest;
                _day = ReadNumber(0, 99, "day", _part.Field == TimeField.ZeroDay);
                break;
            case TimeField.PaddedDayOfYear or TimeField.ZeroDayOfYear:
                ReadDayOfYear();
                break;
            case TimeField.LongYear:
                _year = ReadDigits(4);
                break;
            case TimeField.Year:
                _year = ReadDigits(2);
                _year += _year >= 69 ? 1900 : 2000;
                break;
            case TimeField.Hour:
                _hour = ReadNumber(0, 23, "hour", false);
                break;
            case TimeField.Hour12 or TimeField.ZeroHour12:
                _hour = ReadNumber(0, 12, "hour", _part.Field == TimeField.ZeroHour12);
                break;
            case TimeField.Minute or TimeField.ZeroMinute:
                _minute = ReadNumber(0, 59, "minute", _part.Field == TimeField.ZeroMinute);
                break;
            case TimeField.Second or TimeField.ZeroSecond:
                _second = ReadNumber(0, 59, "second", _part.Field == TimeField.ZeroSecond);
                ReadUnaskedFraction();
                break;
            case TimeField.UpperHalf or TimeField.LowerHalf:
                ReadHalf();
                break;
            case TimeField.Fraction:
                ReadFraction(_part.Text.Length - 1);
                break;
            case TimeField.TrimmedFraction when _rest is ['.' or ',', >= '0' and <= '9', ..]:
                ReadFraction(CountDigits(_rest[1..]));
                break;
            case TimeField.None or TimeField.TrimmedFraction:
                break;
            case TimeField.ZoneName:
                ReadZoneName();
                break;
            default:
                ReadOffset();
                break;
        }
    }

    private readonly ZonedTime Build()
    {
        var hour = _isAfternoon switch
        {
            true when _hour < 12 => _hour + 12,
            false when _hour == 12 => 0,
            _ => _hour,
        };
        var (month, day) = (Math.Max(_month, 1), _day < 0 ? 1 : _day);
        var daysInMonth = ZonedTime.ToDay(_year, month + 1, 1) - ZonedTime.ToDay(_year, month, 1);
        if (day < 1 || day > daysInMonth)
        {
            throw Failed(": day out of range");
        }

        var days = ZonedTime.ToDay(_year, month, day);
        if (_dayOfYear >= 0)
        {
            days = ZonedTime.ToDay(_year, 1, 1) + _dayOfYear - 1;
            if (_dayOfYear == 0 || days >= ZonedTime.ToDay(_year + 1, 1, 1))
            {
                throw Failed(": day-of-year out of range");
            }
        }

        var seconds = (days * 86_400) + (hour * 3600) + (_minute * 60) + _second - _offset;
        return new ZonedTime(seconds, _nanoseconds, _offset, "");
    }

    /// <summary>Text between fields; a space stands for any number of them.</summary>
    private void Skip(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == ' ')
            {
                if (!_rest.IsEmpty && _rest[0] != ' ')
                {
                    throw Cannot(text);
                }

                _rest = _rest.TrimStart(' ');
            }
            else if (_rest.IsEmpty || _rest[0] != text[i])
            {
                throw Cannot(text);
            }
            else
            {
                _rest = _rest[1..];
            }
        }
    }

    private int ReadNumber(int least, int most, string what, bool needsTwo)
    {
        var count = Math.Min(CountDigits(_rest), 2);
        if (count == 0 || (needsTwo && count < 2))
        {
            throw Cannot(_part.Text);
        }

        var value = ReadDigits(count);
        return value >= least && value <= most ? value : throw Failed($": {what} out of range");
    }

    private int ReadDigits(int count)
    {
        if (CountDigits(_rest) < count)
        {
            throw Cannot(_part.Text);
        }

        var value = int.Parse(_rest[..count], NumberStyles.None, CultureInfo.InvariantCulture);
        _rest = _rest[count..];
        return value;
    }

    private int ReadName(string[] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (_rest.StartsWith(names[i], StringComparison.OrdinalIgnoreCase))
            {
                _rest = _rest[names[i].Length..];
                return i;
            }
        }

        throw Cannot(_part.Text);
    }

    private void ReadDayOfYear()
    {
        for (var i = 0; i < 2 && _part.Field == TimeField.PaddedDayOfYear && _rest is [' ', ..]; i++)
        {
            _rest = _rest[1..];
        }

        _dayOfYear = ReadDigits(Math.Clamp(CountDigits(_rest), _part.Field == TimeField.ZeroDayOfYear ? 3 : 1, 3));
    }

    private void ReadHalf()
    {
        var (am, pm) = _part.Field == TimeField.UpperHalf ? ("AM", "PM") : ("am", "pm");
        var isAfternoon = _rest.StartsWith(pm, StringComparison.Ordinal);
        _isAfternoon = isAfternoon || _rest.StartsWith(am, StringComparison.Ordinal)
            ? isAfternoon
            : throw Cannot(_part.Text);
        _rest = _rest[2..];
    }

    /// <summary>Seconds may have a fraction even if the layout does not name it.</summary>
    private void ReadUnaskedFraction()
    {
        var next = TimeLayout.Next(_layout, _part.Next).Field;
        if (next is not (TimeField.Fraction or TimeField.TrimmedFraction)
            && _rest is ['.' or ',', >= '0' and <= '9', ..])
        {
            ReadFraction(CountDigits(_rest[1..]));
        }
    }

    private void ReadFraction(int places)
    {
        if (_rest is not ['.' or ',', ..] || CountDigits(_rest[1..]) < places)
        {
            throw Cannot(_part.Text);
        }

        var digits = _rest[1..(places + 1)].ToString().PadRight(9, '0')[..9];
        _nanoseconds = int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
        _rest = _rest[(places + 1)..];
    }

    /// <summary>Names of zones say nothing of their offset, but UTC and GMT with a sign.</summary>
    private void ReadZoneName()
    {
        var length = 0;
        while (length < _rest.Length && length < 5 && char.IsAsciiLetterUpper(_rest[length]))
        {
            length++;
        }

        if (length < 3)
        {
            throw Cannot(_part.Text);
        }

        var isGmt = _rest[..length] is "GMT";
        _rest = _rest[length..];
        if (isGmt && _rest is ['+' or '-', >= '0' and <= '9', ..])
        {
            var sign = _rest[0] == '-' ? -1 : 1;
            _rest = _rest[1..];
            _offset = sign * 3600 * ReadDigits(Math.Min(CountDigits(_rest), 2));
        }
    }

    private void ReadOffset()
    {
        var text = _part.Text;
        if (text[0] == 'Z' && _rest is ['Z', ..])
        {
            _rest = _rest[1..];
            _offset = 0;
            return;
        }

        var parts = text.Length switch { 3 => 1, 5 or 6 => 2, _ => 3 };
        var hasColons = text.Contains(':', StringComparison.Ordinal);
        if (_rest is not ['+' or '-', ..])
        {
            throw Cannot(text);
        }

        var sign = _rest[0] == '-' ? -1 : 1;
        _rest = _rest[1..];
        Span<int> numbers = stackalloc int[3];
        numbers.Clear();
        for (var i = 0; i < parts; i++)
        {
            if (i > 0 && hasColons)
            {
                _rest = _rest is [':', ..] ? _rest[1..] : throw Cannot(text);
            }

            numbers[i] = ReadDigits(2);
        }

        if (numbers[0] > 24 || numbers[1] >= 60 || numbers[2] >= 60)
        {
            throw Failed(": time zone offset out of range");
        }

        _offset = sign * ((numbers[0] * 3600) + (numbers[1] * 60) + numbers[2]);
    }

    private static int CountDigits(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }

    private static string[] Months(bool isLong)
    {
        var names = CultureInfo.InvariantCulture.DateTimeFormat;
        return (isLong ? names.MonthNames : names.AbbreviatedMonthNames)[..12];
    }

    private static string[] Days(bool isLong)
    {
        var names = CultureInfo.InvariantCulture.DateTimeFormat;
        return isLong ? names.DayNames : names.AbbreviatedDayNames;
    }

    private static string Quote(ReadOnlySpan<char> text) => TermText.Quote(text.ToString());

    private readonly BuiltinError Cannot(string wanted) => BuiltinError.Failed(
        $"parsing time {Quote(_value)} as {Quote(_layout)}: cannot parse {Quote(_rest)} as {Quote(wanted)}");

    private readonly BuiltinError Failed(string what) => BuiltinError.Failed($"parsing time {Quote(_value)}{what}");
}
