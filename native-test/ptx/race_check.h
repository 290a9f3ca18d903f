// Finds accesses of different threads to the same shared memory that nothing puts in order, at
// least one of them a write: whatever the schedule, a missing barrier shows.
//
// Time is counted in synchronisations of the block: an access that is older than the last barrier
// is in order with everything after it; one that is older than the last warp-wide synchronisation
// of its warp is in order with that warp's threads.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

namespace ptx {

class RaceCheck {
 public:
  struct Race {
    std::uint32_t other;
    bool other_wrote;
  };

  void Prepare(std::size_t shared_bytes, unsigned granule, unsigned warps) {
    shift_ = granule == 1 ? 0 : granule == 2 ? 1 : 2;
    cells_.assign((shared_bytes >> shift_) + 1, Cell());
    warp_tick_.assign(warps, 0);
    tick_ = 1;
    StartBlock();
  }

  // Orders everything before it and everything after it.
  void StartBlock() { block_tick_ = ++tick_; }
  void SynchronizeBlock() { block_tick_ = ++tick_; }
  void SynchronizeWarp(unsigned warp) { warp_tick_[warp] = ++tick_; }

  bool Read(std::uint64_t address, std::size_t bytes, std::uint32_t thread, Race& race) {
    Cell* const end = CellAt(address + bytes - 1) + 1;
    for (Cell* cell = CellAt(address); cell != end; ++cell) {
      if (cell->writer != thread && IsRecent(cell->write_tick, cell->writer / 32, thread / 32)) {
        race = {cell->writer, true};
        return false;
      }
      AddReader(*cell, thread);
    }
    return true;
  }

  // Threads that store what is there already are no race among each other.
  bool Write(std::uint64_t address, std::size_t bytes, std::uint32_t thread, const void* old,
             const void* stored, Race& race) {
    Cell* const end = CellAt(address + bytes - 1) + 1;
    for (Cell* cell = CellAt(address); cell != end; ++cell) {
      const bool read = IsReadByAnother(*cell, thread);
      if (read || (cell->writer != thread &&
                   IsRecent(cell->write_tick, cell->writer / 32, thread / 32))) {
        race = {read ? cell->reader : cell->writer, !read};
        if (std::memcmp(old, stored, bytes) != 0) return false;
        continue;
      }
      cell->writer = static_cast<std::uint16_t>(thread);
      cell->is_atomic = false;
      cell->write_tick = tick_;
    }
    return true;
  }

  // Atomic operations are no race among each other.
  bool Update(std::uint64_t address, std::size_t bytes, std::uint32_t thread, Race& race) {
    Cell* const end = CellAt(address + bytes - 1) + 1;
    for (Cell* cell = CellAt(address); cell != end; ++cell) {
      if (IsReadByAnother(*cell, thread)) {
        race = {cell->reader, false};
        return false;
      }
      if (!cell->is_atomic && cell->writer != thread &&
          IsRecent(cell->write_tick, cell->writer / 32, thread / 32)) {
        race = {cell->writer, true};
        return false;
      }
      cell->writer = static_cast<std::uint16_t>(thread);
      cell->is_atomic = true;
      cell->write_tick = tick_;
    }
    return true;
  }

 private:
  enum Readers : std::uint8_t { kOneThread, kOneWarp, kWarps };

  struct Cell {
    std::uint64_t write_tick = 0;
    std::uint64_t read_tick = 0;
    std::uint16_t writer = 0;
    std::uint16_t reader = 0;
    bool is_atomic = false;
    Readers readers = kOneThread;
  };

  Cell* CellAt(std::uint64_t address) { return cells_.data() + (address >> shift_); }

  // Whether nothing has put what a thread of warp `then` did at `tick` before what a thread of warp
  // `now` does now.
  bool IsRecent(std::uint64_t tick, unsigned then, unsigned now) const {
    return tick >= block_tick_ && !(then == now && tick < warp_tick_[now]);
  }

  bool IsReadByAnother(const Cell& cell, std::uint32_t thread) const {
    switch (cell.readers) {
      case kOneThread:
        return cell.reader != thread && IsRecent(cell.read_tick, cell.reader / 32, thread / 32);
      case kOneWarp:
        return IsRecent(cell.read_tick, cell.reader / 32, thread / 32);
      default:
        return cell.read_tick >= block_tick_;
    }
  }

  void AddReader(Cell& cell, std::uint32_t thread) {
    if (cell.read_tick < block_tick_) {
      cell.readers = kOneThread;
    } else if (cell.readers != kWarps && cell.reader / 32 != thread / 32) {
      cell.readers = kWarps;
    } else if (cell.readers != kWarps && cell.read_tick < warp_tick_[thread / 32]) {
      cell.readers = kOneThread;
    } else if (cell.readers == kOneThread && cell.reader != thread) {
      cell.readers = kOneWarp;
    }
    cell.reader = static_cast<std::uint16_t>(thread);
    cell.read_tick = tick_;
  }

  unsigned shift_ = 2;
  std::uint64_t tick_ = 0;
  std::uint64_t block_tick_ = 0;
  std::vector<std::uint64_t> warp_tick_;
  std::vector<Cell> cells_;
};

}  // namespace ptx
