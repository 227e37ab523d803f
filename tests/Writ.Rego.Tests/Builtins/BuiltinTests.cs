using Writ.Rego.Builtins;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Builtins;

/// <summary>What the language's documents say, and what Go's library prints where they defer to it.</summary>
public class BuiltinTests
{
    [Theory]
    [InlineData("plus", "[9223372036854775807, 1]", "9223372036854775808")]
    [InlineData("plus", "[0.1, 0.2]", "0.3")]
    [InlineData("minus", "[1, 1.0]", "0")]
    [InlineData("mul", "[123456789012345678901234567890, 10]", "1234567890123456789012345678900")]
    [InlineData("div", "[7, 2]", "3.5")]
    [InlineData("div", "[6, 2]", "3")]
    [InlineData("div", "[1, 0]", "!divide by zero")]
    [InlineData("rem", "[-7, 3]", "-1")]
    [InlineData("rem", "[1.5, 1]", "!modulo on floating-point number")]
    [InlineData("rem", "[1, 0]", "!modulo by zero")]
    [InlineData("round", "[-2.5]", "-3")]
    [InlineData("ceil", "[-1.5]", "-1")]
    [InlineData("floor", "[-1.5]", "-2")]
    [InlineData("abs", "[-9223372036854775808]", "9223372036854775808")]
    [InlineData("plus", "[\"a\", 1]", "!operand 1 must be number but got string")]
    [InlineData("bits.lsh", "[1, 70]", "1180591620717411303424")]
    [InlineData("bits.and", "[-1, 255]", "255")]
    [InlineData("bits.rsh", "[1, -1]", "!operand 2 must be an unsigned integer number but got a negative integer")]
    [InlineData("to_number", "[\"1e3\"]", "1e3")]
    [InlineData("to_number", "[\"x\"]", "!strconv.ParseFloat: parsing \"x\": invalid syntax")]
    [InlineData("numbers.range", "[3, 1]", "[3,2,1]")]
    [InlineData("numbers.range_step", "[1, 6, 2]", "[1,3,5]")]
    [InlineData("units.parse", "[\"1.5Ki\"]", "1536")]
    [InlineData("units.parse", "[\"100m\"]", "0.1")]
    [InlineData("units.parse_bytes", "[\"1.5MB\"]", "1500000")]
    [InlineData("units.parse_bytes", "[\"MB\"]", "!units.parse_bytes: no byte amount provided")]
    [InlineData("format_int", "[-255, 16]", "\"-ff\"")]
    [InlineData("format_int", "[15.9, 2]", "\"1111\"")]
    public void Numbers(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));

    [Fact]
    public void Text_on_which_the_yaml_scanner_itself_stumbles_is_an_error_like_any_other() => Assert.Equal(
        "!yaml: the text does not hold together", BuiltinCall.Show("yaml.unmarshal", "[\"a: &a [1\\nb: *a\"]"));

    [Theory]
    [InlineData("sprintf", "[\"%d %s %v\", [1, \"a\", {\"k\": [true, null]}]]", "\"1 a {\\\"k\\\": [true, null]}\"")]
    [InlineData("sprintf", "[\"%5d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%q|%U\", [42,42,42,42,255,255,8,5,65,65,65]]",
        "\"   42|42   |00042|+42|ff|FF|10|101|A|'A'|U+0041\"")]
    [InlineData("sprintf", "[\"%.2f %8.3f %e %g %v\", [3.14159, 2.5, 1234.5678, 1e21, 1000000.5]]",
        "\"3.14    2.500 1.234568e+03 1e+21 1.0000005e+06\"")]
    [InlineData("sprintf", "[\"%s\", [1]]", "\"%!s(int=1)\"")]
    [InlineData("sprintf", "[\"%d\", [\"a\"]]", "\"%!d(string=a)\"")]
    [InlineData("sprintf", "[\"%d\", [1.5]]", "\"%!d(float64=1.5)\"")]
    [InlineData("sprintf", "[\"%d %d\", [1]]", "\"1 %!d(MISSING)\"")]
    [InlineData("sprintf", "[\"%d\", [1, \"x\"]]", "\"1%!(EXTRA string=x)\"")]
    [InlineData("sprintf", "[\"%[2]d %[1]d\", [1, 2]]", "\"2 1\"")]
    [InlineData("sprintf", "[\"%[3]d\", [1]]", "\"%!d(BADINDEX)\"")]
    [InlineData("sprintf", "[\"%*d|%-*d|%.*f\", [4, 7, 4, 7, 1, 2.25]]", "\"   7|7   |2.2\"")]
    [InlineData("sprintf", "[\"100%%\", []]", "\"100%\"")]
    [InlineData("sprintf", "[\"%\", []]", "\"%!(NOVERB)\"")]
    [InlineData("sprintf", "[\"%6.2s|%q|%x|% x\", [\"héé\", \"a\\\"b\", \"hi\", \"hi\"]]",
        "\"    hé|\\\"a\\\\\\\"b\\\"|6869|68 69\"")]
    [InlineData("sprintf", "[\"%s\", [123456789123456789123]]", "\"123456789123456789123\"")]
    [InlineData("sprintf", "[\"%T %T %T\", [1, 1.5, \"a\"]]", "\"int float64 string\"")]
    [InlineData("sprintf", "[\"%t\", [true]]", "\"%!t(string=true)\"")]
    public void Formats(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));

    [Theory]
    [InlineData("indexof", "[\"añb\", \"b\"]", "2")]
    [InlineData("indexof_n", "[\"aaa\", \"aa\"]", "[0,1]")]
    [InlineData("indexof", "[\"a\", \"\"]", "!empty search character")]
    [InlineData("substring", "[\"aé😀b\", 1, 2]", "\"é😀\"")]
    [InlineData("substring", "[\"abc\", 5, 1]", "\"\"")]
    [InlineData("substring", "[\"abc\", 1, -1]", "\"bc\"")]
    [InlineData("substring", "[\"abc\", -1, 1]", "!negative offset")]
    [InlineData("strings.reverse", "[\"a😀é\"]", "\"é😀a\"")]
    [InlineData("count", "[\"a😀\"]", "2")]
    [InlineData("split", "[\"a😀\", \"\"]", "[\"a\",\"😀\"]")]
    [InlineData("concat", "[\",\", [\"a\", 1]]", "!operand 2 must be array of strings but got array containing number")]
    [InlineData("trim", "[\"..a.\", \".\"]", "\"a\"")]
    [InlineData("trim_left", "[\"..a.\", \".\"]", "\"a.\"")]
    [InlineData("trim_prefix", "[\"aab\", \"a\"]", "\"ab\"")]
    [InlineData("trim_space", "[\" \\t\\u3000a\\n\"]", "\"a\"")]
    [InlineData("replace", "[\"aa\", \"\", \"-\"]", "\"-a-a-\"")]
    [InlineData("strings.replace_n", "[{\"a\": \"b\", \"b\": \"c\"}, \"ab\"]", "\"bc\"")]
    [InlineData("strings.count", "[\"cheese\", \"\"]", "7")]
    [InlineData("strings.any_prefix_match", "[[\"ab\", \"c\"], \"c\"]", "true")]
    [InlineData("glob.match", "[\"*.github.com\", [\".\"], \"a.b.github.com\"]", "false")]
    [InlineData("glob.match", "[\"**.github.com\", [\".\"], \"a.b.github.com\"]", "true")]
    [InlineData("glob.match", "[\"[!a-c]{x,y*}?\", null, \"dyz!\"]", "true")]
    [InlineData("glob.match", "[\"a?c\", null, \"a😀c\"]", "true")]
    [InlineData("glob.quote_meta", "[\"*.{a}\"]", "\"\\\\*.\\\\{a\\\\}\"")]
    public void Strings(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));

    [Theory]
    [InlineData("array.slice", "[[1, 2, 3], -1, 2]", "[1,2]")]
    [InlineData("array.slice", "[[1, 2, 3], 2, 1]", "[]")]
    [InlineData("array.flatten", "[[1, [2, [3]]]]", "[1,2,[3]]")]
    [InlineData("object.get", "[{\"a\": {\"b\": [1, 2]}}, [\"a\", \"b\", 1], 0]", "2")]
    [InlineData("object.get", "[{\"a\": 1}, [\"a\", \"b\"], 0]", "0")]
    [InlineData("object.union", "[{\"a\": {\"b\": 1}, \"c\": 1}, {\"a\": {\"d\": 2}, \"c\": 2}]",
        "{\"a\":{\"b\":1,\"d\":2},\"c\":2}")]
    [InlineData("object.subset", "[[1, 2, 3], [2, 3]]", "true")]
    [InlineData("object.subset", "[{\"a\": {\"b\": 1, \"c\": 2}}, {\"a\": {\"b\": 1}}]", "true")]
    [InlineData("json.filter", "[{\"a\": [{\"b\": 1, \"c\": 2}]}, [\"a/0/b\"]]", "{\"a\":[{\"b\":1}]}")]
    [InlineData("json.remove", "[{\"a\": [1, 2, 3], \"b\": 1}, [\"a/1\", \"x\"]]", "{\"a\":[1,3],\"b\":1}")]
    [InlineData("json.patch", "[{\"a\": [1]}, [{\"op\": \"add\", \"path\": \"/a/-\", \"value\": 2}]]", "{\"a\":[1,2]}")]
    [InlineData("json.patch", "[{\"a\": 1}, [{\"op\": \"move\", \"from\": \"a\", \"path\": \"b\"}]]", "{\"b\":1}")]
    [InlineData("json.patch", "[{\"a\": 1}, [{\"op\": \"remove\", \"path\": \"b\"}]]", "undefined")]
    [InlineData("max", "[[]]", "undefined")]
    [InlineData("sum", "[[1, \"a\"]]", "!operand 1 must be array of numbers but got array containing string")]
    [InlineData("sort", "[[\"a\", 1, null, [0]]]", "[null,1,\"a\",[0]]")]
    [InlineData("graph.reachable", "[{\"a\": [\"b\"], \"b\": [\"a\", \"z\"]}, [\"a\"]]", "[\"a\",\"b\"]")]
    [InlineData("walk", "[{\"a\": [1]}]", "[[[],{\"a\":[1]}],[[\"a\"],[1]],[[\"a\",0],1]]")]
    [InlineData("semver.compare", "[\"1.0.0-alpha.2\", \"1.0.0-alpha.10\"]", "-1")]
    [InlineData("semver.compare", "[\"1.0.0\", \"1.0.0-rc.1\"]", "1")]
    [InlineData("semver.is_valid", "[\"1.0\"]", "false")]
    public void Collections(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));

    [Theory]
    [InlineData("net.cidr_contains", "[\"10.0.0.0/8\", \"10.255.0.0/16\"]", "true")]
    [InlineData("net.cidr_contains", "[\"::/0\", \"1.2.3.4\"]", "false")]
    [InlineData("net.cidr_expand", "[\"10.0.0.5/31\"]", "[\"10.0.0.4\",\"10.0.0.5\"]")]
    [InlineData("net.cidr_merge", "[[\"10.0.0.0/25\", \"10.0.0.128/25\", \"10.0.1.0/24\"]]", "[\"10.0.0.0/23\"]")]
    [InlineData("net.cidr_is_valid", "[\"010.0.0.0/8\"]", "false")]
    [InlineData("net.cidr_intersects", "[\"fd00::/8\", \"fd12::/16\"]", "true")]
    [InlineData("base64.decode", "[\"aGVs*G8=\"]", "!illegal base64 data at input byte 4")]
    [InlineData("base64url.decode", "[\"aGVsbG8\"]", "\"hello\"")]
    [InlineData("hex.decode", "[\"zz\"]", "!encoding/hex: invalid byte: U+007A 'z'")]
    [InlineData("urlquery.decode_object", "[\"a=1&b=x+y&a=%32\"]", "{\"a\":[\"1\",\"2\"],\"b\":[\"x y\"]}")]
    [InlineData("urlquery.encode", "[\"a b&é\"]", "\"a+b%26%C3%A9\"")]
    [InlineData("crypto.hmac.sha256", "[\"The quick brown fox jumps over the lazy dog\", \"key\"]",
        "\"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8\"")]
    [InlineData("time.format", "[[1257894000123000000, \"America/New_York\", \"Mon Jan _2 15:04:05.000 MST 2006\"]]",
        "\"Tue Nov 10 18:00:00.123 EST 2009\"")]
    [InlineData("time.format", "[1257894000123000000]", "\"2009-11-10T23:00:00.123Z\"")]
    [InlineData("time.parse_ns", "[\"2006-01-02 3:04PM -0700\", \"2024-02-29 1:30PM +0200\"]", "1709206200000000000")]
    [InlineData("time.parse_rfc3339_ns", "[\"2023-02-29T00:00:00Z\"]",
        "!parsing time \"2023-02-29T00:00:00Z\": day out of range")]
    [InlineData("time.parse_duration_ns", "[\"-1h2.5m\"]", "-3750000000000")]
    [InlineData("time.parse_duration_ns", "[\"1\"]", "!time: missing unit in duration \"1\"")]
    [InlineData("time.diff", "[0, 100000000000000]", "[0,0,1,3,46,40]")]
    [InlineData("time.add_date", "[1706659200000000000, 0, 1, 0]", "1709337600000000000")]
    [InlineData("time.weekday", "[[0, \"Asia/Tokyo\"]]", "\"Thursday\"")]
    [InlineData("uuid.parse", "[\"00000000-0000-4000-8000-000000000000\"]", "{\"variant\":\"RFC4122\",\"version\":4}")]
    public void Texts_of_others(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));

    [Theory]
    [InlineData("numbers.range", "[0, 1e18]")]
    [InlineData("net.cidr_expand", "[\"::/0\"]")]
    [InlineData("sprintf", "[\"%999999d%999999d%999999d%999999d%999999d\", [1, 1, 1, 1, 1]]")]
    [InlineData("bits.lsh", "[1, 1e9]")]
    [InlineData("plus", "[1e1000000, 1]")]
    [InlineData("mul", "[1e15000, 1e1000000000]")]
    public void What_would_take_for_ever_is_refused_at_once(string name, string operands)
    {
        var context = new BuiltinContext { MaxItems = 100_000, MaxTextLength = 4_000_000 };
        var error = Assert.Throws<BuiltinError>(() => BuiltinCall.Invoke(name, operands, context));
        Assert.True(error.IsFatal, error.Message);
    }

    [Fact]
    public void Random_values_stay_the_same_for_a_key_within_a_query()
    {
        var context = new BuiltinContext();
        var first = BuiltinCall.Invoke("uuid.rfc4122", "[\"k\"]", context);
        Assert.Equal(first, BuiltinCall.Invoke("uuid.rfc4122", "[\"k\"]", context));
        Assert.NotEqual(first, BuiltinCall.Invoke("uuid.rfc4122", "[\"other\"]", context));
        Assert.NotEqual(first, BuiltinCall.Invoke("uuid.rfc4122", "[\"k\"]"));
        var number = BuiltinCall.Invoke("rand.intn", "[\"k\", 1000000]", context);
        Assert.Equal(number, BuiltinCall.Invoke("rand.intn", "[\"k\", 1000000]", context));
    }

    [Fact]
    public void Print_gives_a_line_for_each_combination()
    {
        var lines = new List<string>();
        BuiltinRegistry.Standard.TryGet("internal.print", out var print);
        var operands = RegoArray.Of(
            RegoSet.Of(RegoString.Of("x")), RegoSet.Of(RegoNumber.One, RegoNumber.Of(2)), RegoSet.Empty);
        print!.Invoke(new BuiltinContext { Print = lines.Add }, [operands]);
        Assert.Equal(["x 1 <undefined>", "x 2 <undefined>"], lines);
    }
}
