using System.Buffers.Binary;
using System.Text;

namespace Writ.Server.Tests.Traces;

/// <summary>A message in protobuf's wire format, read by hand: fields by number, in the order in which they came.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <summary>Reads it. Throws for what is no message.</summary>
    public ProtoMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var key = Varint(ref bytes);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _fields.Add((number, Varint(ref bytes), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span), default));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add((number, 0, bytes[..length]));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span), default));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new FormatException($"There is no wire type {key & 7}.");
            }
        }
    }

    public bool Has(int number) => _fields.Exists(f => f.Number == number);

    public ulong Number(int number) => _fields.LastOrDefault(f => f.Number == number).Value;

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number).Span);

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number).Span);

    public ProtoMessage Message(int number) => new(Bytes(number));

    public IEnumerable<ProtoMessage> Messages(int number) =>
        _fields.Where(f => f.Number == number).Select(f => new ProtoMessage(f.Bytes));

    private ReadOnlyMemory<byte> Bytes(int number) => _fields.LastOrDefault(f => f.Number == number).Bytes;

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        var value = 0UL;
        for (var i = 0; i < 10; i++)
        {
            var next = bytes.Span[i];
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return value;
        }
        throw new FormatException("A varint has ten bytes at the most.");
    }
}
